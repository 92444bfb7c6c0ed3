"""deadlines.py: a request that is given up leaves no statement behind in PostgreSQL."""

import asyncio

from db.connection import connect
from db.database import PoolSettings
from gateway.app import create_app
from gateway.backend import DatabaseBackend
from gateway.logs import open_log
from gateway.settings import Settings
from tests.gateway.conftest import client_of
from tests.support.company import Firm, blocked
from tests.support.smtp_server import until

NAME = "a deadline's statement"
QUERY = {"query": "{ viewer { companies { nodes { customers { nodes { name } } } } } }"}
RUNNING = "select count(*) from pg_stat_activity where application_name = $1 and state <> 'idle'"


async def test_the_statement_of_a_request_over_its_deadline_is_cancelled(fresh_dsn: str) -> None:
    endless = PoolSettings(size=2, statement_timeout=0, lock_timeout=0, longest_loan=300, application_name=NAME)
    log = open_log("off", "json")
    app = create_app(Settings(deadline=0.5), DatabaseBackend(fresh_dsn, endless, log), log)
    holder, onlooker = await connect(fresh_dsn), await connect(fresh_dsn)

    async def gone() -> bool:
        return await onlooker.fetchval(RUNNING, NAME) == 0

    async with app.router.lifespan_context(app), client_of(app) as client:
        client.headers["authorization"] = f"Bearer {(await Firm.found(holder))['owner'].token}"
        async with holder.transaction():
            await holder.execute("lock table contact in access exclusive mode")
            asking = asyncio.create_task(client.post("/graphql", json=QUERY))
            await blocked(onlooker)
            response = await asking
            assert response.status_code == 504
            assert response.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"
            await until(gone)
        assert "errors" not in (await client.post("/graphql", json=QUERY)).json()
    await onlooker.close()
    await holder.close()
