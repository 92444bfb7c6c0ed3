"""A mutation whose preparation refuses answers as one whose write does: same payload, same codes, same language."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from db.connection import Connection, connect
from db.database import Database
from resolvers.execution import mutation_runner
from resolvers.execution.executor import Executor
from resolvers.mutations.context import (
    Forbidden,
    InputValues,
    Mutation,
    MutationContext,
    MutationResult,
    Unauthenticated,
    UserErrors,
)
from resolvers.mutations.registry import MUTATIONS
from resolvers.request import GraphQLRequest, SessionCookie
from resolvers.user_problems import UserProblem
from schema.errors import UserErrorCode
from schema.localization.language import Language
from tests.support.company import Firm

REFUSED = UserErrors(UserProblem(UserErrorCode.NOT_FOUND, ("sessionId",)))
QUERY = """
mutation { endSession(input: {sessionId: "ses_1"}) { viewer { account { email } } errors { code message field } } }
"""


@dataclass
class Desk:
    """Somebody who is signed in, in another language than the request's, and an executor."""

    executor: Executor
    monkeypatch: pytest.MonkeyPatch
    token: str
    email: str

    async def ask(self, error: Exception, *, prepared: bool, **request: Any) -> tuple[Any, SessionCookie | None]:
        """The answer of a mutation that raises `error`, in its preparation or in its write, and what it sets."""

        async def prepare(_database: Database, _request: GraphQLRequest, _given: InputValues) -> None:
            if prepared:
                raise error

        async def write(write: MutationContext, _given: InputValues) -> MutationResult:
            assert not prepared, "written although the preparation refused"
            raise error

        endings = {"endSession": Mutation(write, prepare=prepare, for_anyone=request.pop("for_anyone", False))}
        self.monkeypatch.setattr(mutation_runner, "MUTATIONS", {**MUTATIONS, **endings})
        result = await self.executor.execute(GraphQLRequest(QUERY, language=Language.DE, **request))
        codes = [entry.code.name for entry in result.errors]
        return (orjson.loads(result.data or b"null"), codes, [entry.message for entry in result.errors]), result.cookie


@pytest.fixture
async def connection(fresh_dsn: str) -> AsyncGenerator[Connection]:
    connection = await connect(fresh_dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def desk(connection: Connection, fresh_database: Database, monkeypatch: pytest.MonkeyPatch) -> Desk:
    owner = (await Firm.found(connection))["owner"]
    await connection.execute("update account set language = 'NL' where id = $1", owner.account)
    return Desk(Executor(fresh_database), monkeypatch, owner.token, owner.email)


async def test_what_a_user_can_mend_stands_in_the_payload_in_the_callers_language(desk: Desk) -> None:
    (data, codes, _), cookie = await desk.ask(REFUSED, prepared=True, token=desk.token)
    payload = data["endSession"]
    assert payload["viewer"]["account"]["email"] == desk.email
    assert [(problem["code"], problem["field"]) for problem in payload["errors"]] == [("NOT_FOUND", ["sessionId"])]
    assert (codes, cookie) == ([], None)
    assert ((data, codes, []), cookie) == await desk.ask(REFUSED, prepared=False, token=desk.token)


@pytest.mark.parametrize("error", [REFUSED, Forbidden(), Unauthenticated()], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "caller",
    [
        pytest.param({}, id="signed in"),
        pytest.param({"token": None}, id="nobody"),
        pytest.param({"token": "enf_dead"}, id="a dead token"),
        pytest.param({"token": "enf_dead", "by_cookie": True, "for_anyone": True}, id="a dead cookie"),
    ],
)
async def test_whoever_asks_the_answer_is_that_of_a_write(desk: Desk, error: Exception, caller: dict[str, Any]) -> None:
    given = {"token": desk.token, **caller}
    answer = await desk.ask(error, prepared=True, **given)
    assert answer == await desk.ask(error, prepared=False, **given)
    assert "INTERNAL" not in answer[0][1]


async def test_a_dead_token_is_told_before_what_the_preparation_refused(desk: Desk) -> None:
    (data, codes, _), _ = await desk.ask(REFUSED, prepared=True, token="enf_dead")
    assert (data, codes) == (None, ["UNAUTHENTICATED"])
