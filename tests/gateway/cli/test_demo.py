"""`enfact demo --reset`: it asks, it is refused where nobody can answer, and it makes the demo anew."""

import pytest

from db.connection import connect
from tests.support.commands import enfact


def test_it_is_refused_where_nobody_can_answer() -> None:
    refused = enfact("demo", "--reset", DATABASE_URL="postgresql://nowhere")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--yes" in refused.stderr


async def test_a_demo_is_made_anew(fresh_dsn: str) -> None:
    connection = await connect(fresh_dsn)
    await connection.execute("insert into company (name) values ('Left over')")
    await connection.execute("insert into installation (demo) values (true)")
    made = enfact("demo", "--reset", "--yes", DATABASE_URL=fresh_dsn)
    assert (made.returncode, made.stdout) == (0, "")
    assert "hors-ligne@demo.enfact.test" in made.stderr
    names = await connection.fetch("select name from company")
    assert len(names) == 62
    assert ("Left over",) not in [tuple(name) for name in names]
    assert await connection.fetchval("select demo from installation")
    await connection.close()


@pytest.mark.parametrize("arguments", [("demo",), ("demo", "--reset", "--yes")])
async def test_a_database_that_is_no_demo_is_left_alone(fresh_dsn: str, arguments: tuple[str, ...]) -> None:
    connection = await connect(fresh_dsn)
    await connection.execute("insert into company (name) values ('Real')")
    refused = enfact(*arguments, DATABASE_URL=fresh_dsn)
    assert (refused.returncode, refused.stdout, "Traceback" in refused.stderr) == (1, "", False)
    assert await connection.fetchval("select count(*) from company") == 1
    await connection.close()
