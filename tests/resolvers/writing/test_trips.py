"""How many statements each mutation of the schema sends to the database; beginning and commit are one each."""

from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import pytest

from resolvers.execution.product import default_compiler
from resolvers.mutations.registry import MUTATIONS
from resolvers.writing import prices
from resolvers.writing.access.action import ACTIONS
from resolvers.writing.declaration import EntityWrite
from resolvers.writing.registry import statement_writers
from resolvers.writing.unversioned.writer import UNVERSIONED
from schema import schema
from tests.attacks import test_revocation_wins as wins
from tests.resolvers.writing.desk import DECLARED, UNIQUE, Desk
from tests.resolvers.writing.test_every_write import named, target, values
from tests.rls.guard import FencedConnection

place = wins.place  # a fixture

TRIPS: Final[Mapping[str, int]] = {
    "acceptInvitation": 16,
    "addExternalUser": 16,
    "becomeAccountant": 3,
    "changePassword": 13,
    "changePlan": 7,
    "confirmEmail": 11,
    "connectService": 8,
    "createApiKey": 12,
    "createClientCompany": 23,
    "createCompany": 14,
    "createUser": 19,
    "declineInvitation": 12,
    "deleteUser": 13,
    "disclaimEmail": 13,
    "endSession": 3,
    "leaveCompany": 10,
    "login": 9,
    "logout": 3,
    "registerAccountant": 8,
    "removeExternalUser": 11,
    "requestExport": 7,
    "requestPasswordReset": 4,
    "resendInvitation": 11,
    "resetPassword": 15,
    "revokeApiKey": 6,
    "sendDocument": 8,
    "setSupportAccess": 13,
    "signUp": 14,
    "startImport": 7,
    "startViewAs": 6,
    "updateConnectedService": 9,
    "updateExternalUser": 10,
    "updateUser": 10,
}
"""Those of the mutations that are no single statement, for the examples of their inputs with `errors` alone."""

SCANS: Final = (
    "select coalesce(seq_scan, 0) + coalesce(idx_scan, 0) from pg_stat_xact_user_tables where relname = 'change'"
)
"""The number of times that the transaction has read the trail of business data."""

SENDING: Final = ("execute", "fetch", "executemany")
"""The methods through which every statement is sent."""


@contextmanager
def counting() -> Generator[list[str]]:
    """Record every statement that the product sends within the block."""
    ran: list[str] = []

    def recorded(send: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def record(self: Any, query: str, *values: Any, **options: Any) -> Any:
            ran.append(query)
            return await send(self, query, *values, **options)

        return record

    with pytest.MonkeyPatch.context() as patch:
        for name in SENDING:
            patch.setattr(FencedConnection, name, recorded(getattr(FencedConnection, name)))
        yield ran


def test_every_mutation_has_its_trips_counted_here() -> None:
    """One of another sort states its number: each more is time for whoever waits, and a place in the pool."""
    root = schema.core.mutation_type
    assert root is not None
    writers = statement_writers(default_compiler().layout)
    assert writers.keys() == DECLARED.keys() | ACTIONS.keys() | {prices.OPERATION} | UNVERSIONED.keys()
    assert root.fields.keys() == writers.keys() | TRIPS.keys()
    assert TRIPS.keys() == MUTATIONS.keys()


@pytest.mark.parametrize("write", DECLARED.values(), ids=named)
async def test_a_payload_of_what_was_written_is_one_trip_any_other_two(desk: Desk, write: EntityWrite) -> None:
    for selection, trips in ((f"{write.member} {{ id }} replayed errors {{ code }}", 1), ("company { name }", 2)):
        given = {**await target(desk, write), **values(write, 1)}
        with counting() as ran:
            result = await desk.ask(desk.firm["owner"], write, selection, given)
        assert result.errors == ()
        assert len(ran) == trips, ran


@pytest.mark.parametrize("write", [one for one in DECLARED.values() if one.type_.name == "Customer"], ids=named)
async def test_an_earlier_request_is_looked_up_only_by_a_key(desk: Desk, write: EntityWrite) -> None:
    """A plan of the time when the trail was empty would read all of it, as long as it is kept."""
    ran: list[tuple[str, tuple[Any, ...]]] = []
    again = {name: value for name, value in values(write).items() if name not in UNIQUE}
    given = {**await target(desk, write), **again}
    with desk.recording(ran):
        await desk.ask(desk.firm["owner"], write, f"{write.member} {{ id }} errors {{ code }}", given)
    query, arguments = ran[0]
    await desk.connection.execute("begin")
    try:
        for setting in ("plan_cache_mode = force_generic_plan", "enable_indexscan = off", "enable_bitmapscan = off"):
            await desk.connection.execute(f"set local {setting}")
        await desk.connection.fetchrow(query, *arguments)
        assert await desk.connection.fetchval(SCANS) == 0
    finally:
        await desk.connection.execute("rollback")


async def test_a_change_of_prices_is_two_trips_whatever_it_shows(desk: Desk) -> None:
    await desk.made("Product")
    query = "mutation ($input: AdjustPricesInput!) { adjustPrices(input: $input) { errors { code } } }"
    with counting() as ran:
        result = await desk.send(desk.firm["owner"], query, input={"companyId": desk.firm.id, "percent": "5"})
    assert result.errors == ()
    assert len(ran) == 2, ran


@pytest.mark.parametrize("mutation", sorted(ACTIONS))
@pytest.mark.parametrize(("selection", "trips"), [("errors { code }", 1), ("company { name } errors { code }", 2)])
async def test_a_change_of_access_is_one_trip_with_more_of_the_company_two(
    place: wins.Place, mutation: str, selection: str, trips: int
) -> None:
    assert await sent(place, mutation, selection) == trips


@pytest.mark.parametrize("mutation", sorted(UNVERSIONED))
async def test_what_has_no_version_is_one_trip_with_more_to_show_two(place: wins.Place, mutation: str) -> None:
    shown = " ".join(f"{name} {{ id }}" for name in UNVERSIONED[mutation].shown) + " errors { code }"
    assert [await sent(place, mutation, selection) for selection in ("errors { code }", shown)] == [1, 2]


@pytest.mark.parametrize("mutation", sorted(TRIPS))
async def test_what_is_no_single_statement_sends_so_many(place: wins.Place, mutation: str) -> None:
    assert await sent(place, mutation, "errors { code }") == TRIPS[mutation]


async def sent(place: wins.Place, mutation: str, selection: str) -> int:
    """The statements of a mutation's example."""
    world = await place.build("anna")
    with counting() as ran:
        wins.done(await place.send(place.others, world, mutation, selection))
    return len(ran)
