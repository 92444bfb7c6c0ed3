"""How many rows an account, an address and a company may write, and what writing costs."""

import secrets
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import pytest

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from db.tokens import hash_token, new_token
from gateway.http.rate_limits import RowLimit, Table
from resolvers.compilation.cost import WRITTEN
from resolvers.execution.executor import Executor
from resolvers.mutations.registry import MUTATIONS
from resolvers.request import GraphQLRequest, Result
from schema.apps import CATALOGUE, AppKind
from schema.roles import Role
from tests.support.company import SIGN_IN, Firm, Person, change
from tests.support.databases import Databases

BURST, AN_HOUR = 50, 3_600
"""One row a second; a tenth of both for whose address is not confirmed."""

TOGGLES: Final = sorted(
    app.name
    for app, entry in CATALOGUE.items()
    if entry.kind in (AppKind.BASE, AppKind.PART) and not entry.always_visible
)
"""Apps that every firm has, and that can be switched on for its employees."""

SET: Final = "mutation ($input: SetAppAccessInput!) { setAppAccess(input: $input) { errors { code } } }"
NAME: Final = "mutation ($input: UpdateCompanyInput!) { updateCompany(input: $input) { errors { code } } }"
BECOME: Final = "mutation ($input: BecomeAccountantInput!) { becomeAccountant(input: $input) { errors { code } } }"
OFFICE_NAME: Final = "select office_name from account where id = $1"
PROFILE: Final = "mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { errors { code } } }"
ACTIVATE: Final = "mutation ($input: ActivateAppInput!) { activateApp(input: $input) { errors { code } } }"
DEACTIVATE: Final = "mutation ($input: DeactivateAppInput!) { deactivateApp(input: $input) { errors { code } } }"
UPDATE: Final = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { errors { code } } }"
MAKE_KEY: Final = """
insert into credential (token_hash, account_id, expires_at, kind, label, last4, hidden_fields)
values ($1, $2, '2126-01-01', 'API_KEY', 'Test', 'abcd', 'NULL')
"""
USER: Final = "mutation ($input: CreateUserInput!) { createUser(input: $input) { errors { code } } }"
CREATE: Final = "mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { errors { code } } }"
REQUEST: Final = "mutation ($input: RequestAccessInput!) { requestAccess(input: $input) { accessRequest { id } } }"
DECIDE: Final = (
    "mutation ($input: DecideAccessRequestInput!) { decideAccessRequest(input: $input) { errors { code } } }"
)
RESET: Final = 'mutation { requestPasswordReset(input: {email: "%s@quota.test"}) { errors { code } } }'


ENDS: Final = (
    "logout", "endSession", "revokeApiKey", "changePassword", "resetPassword", "deleteUser", "removeExternalUser",
    "leaveCompany", "declineInvitation", "disclaimEmail",
)  # fmt: skip
TAKES: Final[Mapping[str, Mapping[str, Any]]] = {
    **{name: {} for name in ENDS},
    "updateUser": {"companyId": "com_1", "userId": "usr_1", "role": Role.EMPLOYEE},
    "setSupportAccess": {"companyId": "com_1", "enabled": False},
}
"""What only takes away is never refused for what was written before: root fields with an input."""


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True)
class Office:
    """A product that counts, by a clock of the test."""

    executor: Executor
    connection: Connection
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.executor.limit_writes(RowLimit(BURST, AN_HOUR, Table.own(), self.clock), self.clock)

    async def found(self) -> Firm:
        """A firm of the test's own."""
        return await Firm.found(self.connection)

    async def send(
        self, document: str, token: str | None = None, /, address: str = "192.0.2.1", **given: Any
    ) -> Result:
        """The result of a mutation."""
        variables = {"input": given} if given else {}
        return await self.executor.execute(GraphQLRequest(document, variables=variables, token=token, address=address))

    async def toggle(self, firm: Firm, count: int, *, granted: bool = True, token: str | None = None) -> Result:
        """Set so many toggles."""
        cells = [(firm[name], app) for name in ("anna", "bram", "clara") for app in TOGGLES][:count]
        assert len(cells) == count
        changes = [change(person, app, granted) for person, app in cells]
        version = await firm.version()
        return await self.send(
            SET, token or firm["owner"].token, companyId=firm.id, expectedVersion=version, changes=changes
        )

    async def rename(self, token: str, times: int, name: str = "Zoé") -> list[str | int | None]:
        """The outcomes of changing the name of one's office so many times."""
        given: dict[str, Any] = {"officeName": name, "acceptTerms": True}
        return [outcome(await self.send(BECOME, token, **given)) for _ in range(times)]

    async def key(self, person: Person) -> str:
        """An API key of somebody."""
        token = new_token("enk")
        await self.connection.execute(MAKE_KEY, hash_token(token), person.account)
        return token

    async def session(self, person: Person) -> str:
        """Another session of somebody."""
        token = secrets.token_urlsafe()
        await self.connection.execute(SIGN_IN, hash_token(token), person.account)
        return token


@pytest.fixture(scope="module")
async def place(databases: Databases, template: str) -> AsyncGenerator[tuple[Database, Connection]]:
    dsn = await databases.clone(template)
    database, connection = await Database.open(dsn, PoolSettings(size=4)), await connect(dsn)
    yield database, connection
    await connection.close()
    await database.close()
    await databases.drop(dsn)


@pytest.fixture
def office(place: tuple[Database, Connection]) -> Office:
    return Office(Executor(place[0]), place[1])


def outcome(result: Result) -> str | int | None:
    """`done`, a user error's code, or after how many seconds a refusal says to come back (None: never)."""
    if result.errors:
        (error,) = result.errors
        assert error.code.value == "RATE_LIMITED"
        assert error.path is not None
        retry: Any = error.extensions.get("retryAfter")
        return retry
    (payload,) = orjson.loads(result.data or b"").values()
    return payload["errors"][0]["code"] if payload["errors"] else "done"


async def test_an_account_writes_so_many_rows_at_once_and_more_with_time(office: Office) -> None:
    firm = await office.found()
    token = firm["owner"].token
    assert await office.rename(token, 50) == ["done"] * 50
    before = await office.connection.fetchval(OFFICE_NAME, firm["owner"].account)
    assert await office.rename(token, 1, "Eve") == [1]
    assert await office.connection.fetchval(OFFICE_NAME, firm["owner"].account) == before
    office.clock.now += 5
    assert await office.rename(token, 6) == ["done"] * 5 + [1]


async def test_its_sessions_count_together_and_other_accounts_apart(office: Office) -> None:
    firm = await office.found()
    assert await office.rename(firm["owner"].token, 50) == ["done"] * 50
    second = await office.session(firm["owner"])
    assert await office.rename(second, 1) == [1]
    assert await office.rename(firm["partner"].token, 1) == ["done"]


async def test_who_changed_names_too_often_waits_in_no_company(office: Office) -> None:
    """One statement learns who writes only while it writes: what is too much is written, and the next waits."""
    firm = await office.found()
    for n in range(52):
        answer = outcome(await office.send(PROFILE, firm["owner"].token, firstName=f"Zoé {n}"))
        assert answer == "done" if n < 51 else isinstance(answer, int)
    found = await office.connection.fetchval("select first_name from account where id = $1", firm["owner"].account)
    assert found == "Zoé 50"
    assert outcome(await office.send(PROFILE, firm["partner"].token, firstName="Max")) == "done"


async def test_what_can_never_be_written_at_once_is_told_without_a_time(office: Office) -> None:
    firm = await office.found()
    user = {"companyId": firm.id, "firstName": "Zoé", "lastName": "Martin", "role": "EMPLOYEE"}
    for apps, wanted in ((TOGGLES * 2, None), (TOGGLES, "done")):
        given: dict[str, Any] = {**user, "email": f"{secrets.token_hex(6)}@quota.test", "apps": apps}
        assert outcome(await office.send(USER, firm["owner"].token, **given)) == wanted


async def test_before_its_address_is_confirmed_it_is_a_tenth(office: Office) -> None:
    firm = await office.found()
    token, confirm = firm["owner"].token, "update account set confirmed = $2 where id = $1"
    await office.connection.execute(confirm, firm["owner"].account, False)
    assert await office.rename(token, 6) == ["done"] * 5 + [10]
    await office.connection.execute(confirm, firm["owner"].account, True)
    assert await office.rename(token, 1) == ["done"]


@pytest.mark.parametrize(("confirmed", "most"), [(True, 50), (False, 5)])
async def test_who_gave_more_rights_than_that_waits_to_give_more(office: Office, confirmed: bool, most: int) -> None:
    """Their number is known once they are given; so they are, and who gives more next waits."""
    firm = await office.found()
    update = "update account set confirmed = $2 where id = $1"
    await office.connection.execute(update, firm["owner"].account, confirmed)
    assert outcome(await office.toggle(firm, most)) == "done"
    assert outcome(await office.toggle(firm, most + 1)) == "done"
    before = await firm.everything()
    for token in (firm["owner"].token, await office.session(firm["owner"])):
        wait = outcome(await office.toggle(firm, most + 2, token=token))
        assert isinstance(wait, int)
        assert wait >= 1
        wait = outcome(await office.send(ACTIVATE, token, companyId=firm.id, app="DISCOUNTS"))
        assert isinstance(wait, int)
    assert await firm.everything() == before
    assert outcome(await office.toggle(firm, most + 2, token=firm["partner"].token)) == "done"


async def test_who_takes_rights_away_never_waits(office: Office) -> None:
    firm = await office.found()
    owner = firm["owner"].token
    for app in ("DISCOUNTS", "STOCK"):
        assert outcome(await office.send(ACTIVATE, owner, companyId=firm.id, app=app)) == "done"
    assert outcome(await office.toggle(firm, 50)) == "done"
    assert isinstance(outcome(await office.toggle(firm, 60)), int)
    assert outcome(await office.toggle(firm, 50)) == "done"  # they are on, so nothing is given
    for count in (1, 60):
        assert outcome(await office.toggle(firm, count, granted=False)) == "done"
    assert "QUOTES" not in await firm.toggles("anna")
    assert outcome(await office.send(DEACTIVATE, owner, companyId=firm.id, app="STOCK")) == "done"
    assert "STOCK" not in await firm.active()
    mixed = [change(firm["anna"], TOGGLES[0], granted=True), change(firm["bram"], TOGGLES[0], granted=False)]
    given: dict[str, Any] = {"companyId": firm.id, "expectedVersion": await firm.version(), "changes": mixed}
    assert isinstance(outcome(await office.send(SET, owner, **given)), int)


async def test_only_rights_that_are_given_count(office: Office) -> None:
    """Neither those that were there, nor those that are taken away."""
    firm = await office.found()
    for _ in range(5):
        assert outcome(await office.toggle(firm, 10)) == "done"
    for granted in (False, True, False, True, False):
        assert outcome(await office.toggle(firm, 20, granted=granted)) == "done"
    assert outcome(await office.toggle(firm, 1)) == "done"
    assert isinstance(outcome(await office.toggle(firm, 2)), int)


@pytest.mark.parametrize("by_key", [False, True])
async def test_business_rows_of_an_owner_never_keep_it_from_changing_access(office: Office, by_key: bool) -> None:
    """Whichever of its keys wrote them; and what it gives never keeps it from its business."""
    firm = await office.found()
    token = await office.key(firm["owner"]) if by_key else firm["owner"].token
    for _ in range(51):
        assert outcome(await office.send(CREATE, token, companyId=firm.id, name="Zoé")) == "done"
    assert isinstance(outcome(await office.send(CREATE, token, companyId=firm.id, name="Zoé")), int)
    assert isinstance((await office.rename(firm["owner"].token, 1))[0], int)
    assert outcome(await office.toggle(firm, 50)) == "done"
    user = {"companyId": firm.id, "userId": firm["partner"].id}
    assert outcome(await office.send(UPDATE, firm["owner"].token, **user, firstName="Zoé")) == 1
    assert outcome(await office.send(UPDATE, firm["owner"].token, **user, role="EMPLOYEE")) == "done"


async def test_the_rights_that_an_owner_gave_never_keep_it_from_its_business(office: Office) -> None:
    firm = await office.found()
    for count in (51, 52):
        last = outcome(await office.toggle(firm, count))
    assert isinstance(last, int)
    assert outcome(await office.send(CREATE, firm["owner"].token, companyId=firm.id, name="Zoé")) == "done"
    assert await office.rename(firm["owner"].token, 1) == ["done"]


async def test_who_is_not_signed_in_is_counted_by_address(office: Office) -> None:
    told = [outcome(await office.send(RESET % secrets.token_hex(6))) for _ in range(6)]
    assert told == ["done"] * 5 + [10]
    assert outcome(await office.send(RESET % "other", address="192.0.2.2")) == "done"


async def test_a_company_counts_whoever_writes_but_never_who_changes_access(office: Office) -> None:
    """Else others could use up what an owner needs to take their rights away."""
    firm = await office.found()
    for n in range(52):
        token = firm["owner" if n % 2 else "partner"].token
        answer = outcome(await office.send(NAME, token, companyId=firm.id, name=f"Firm {n}"))
        assert answer == "done" if n < 51 else isinstance(answer, int)
    assert outcome(await office.toggle(firm, 10)) == "done"
    other = await office.found()
    assert outcome(await office.send(NAME, other["owner"].token, companyId=other.id, name="Other")) == "done"


async def test_a_company_in_which_too_much_was_written_lets_its_owners_change_access(office: Office) -> None:
    firm = await office.found()
    assert outcome(await office.toggle(firm, 50, token=firm["partner"].token)) == "done"
    for _ in range(51):  # as many as if nobody had set toggles
        assert outcome(await office.send(CREATE, firm["anna"].token, companyId=firm.id, name="Zoé")) == "done"
    assert isinstance(outcome(await office.send(CREATE, firm["bram"].token, companyId=firm.id, name="Zoé")), int)
    assert outcome(await office.toggle(firm, 1)) == "done"


async def test_nobody_counts_in_a_company_that_is_not_entered(office: Office) -> None:
    firm, stranger = await office.found(), await office.found()
    for _ in range(50):
        answer = await office.send(NAME, stranger["owner"].token, companyId=firm.id, name="Mine")
        assert outcome(answer) == "NOT_FOUND"
    assert outcome(await office.send(NAME, firm["owner"].token, companyId=firm.id, name="Ours")) == "done"


async def test_credentials_can_always_be_ended(office: Office) -> None:
    firm = await office.found()
    spare = await office.session(firm["owner"])
    assert outcome(await office.toggle(firm, 50)) == "done"
    user = {"companyId": firm.id, "userId": firm["anna"].id}
    assert outcome(await office.send(UPDATE, spare, **user, firstName="Eve")) == 1
    assert outcome(await office.send("mutation { logout { errors { code } } }", spare)) == "done"
    assert {name: MUTATIONS[name].rows(given) for name, given in TAKES.items()} == dict.fromkeys(TAKES, 0)


async def test_a_request_can_always_be_declined_and_granted_only_within_the_quota(office: Office) -> None:
    firm = await Firm.found(office.connection, "STOCK")
    asked = [
        orjson.loads((await office.send(REQUEST, firm["bram"].token, **given)).data or b"")
        for app in ("STOCK", "DISCOUNTS")
        if (given := {"companyId": firm.id, "app": app, "reason": "For the depot"})
    ]
    first, second = (one["requestAccess"]["accessRequest"]["id"] for one in asked)
    assert outcome(await office.toggle(firm, 51)) == "done"
    token, before = firm["owner"].token, await firm.everything()
    wait = outcome(await office.send(DECIDE, token, requestId=first, granted=True))
    assert isinstance(wait, int)
    assert await firm.everything() == before
    assert outcome(await office.send(DECIDE, token, requestId=second, granted=False)) == "done"
    office.clock.now += wait
    assert outcome(await office.send(DECIDE, token, requestId=first, granted=True)) == "done"


async def test_toggles_that_change_nothing_write_nothing(office: Office) -> None:
    firm = await office.found()
    assert outcome(await office.toggle(firm, 20)) == "done"
    before = await firm.everything()
    assert outcome(await office.toggle(firm, 20)) == "done"
    assert await firm.everything() == before


async def test_each_root_field_is_counted(office: Office) -> None:
    firm = await office.found()
    assert await office.rename(firm["owner"].token, 49) == ["done"] * 49
    both = 'mutation { a: becomeAccountant(input: {officeName: "A", acceptTerms: true}) { errors { code } } '
    both += 'b: becomeAccountant(input: {officeName: "B", acceptTerms: true}) { errors { code } } }'
    result = await office.send(both, firm["owner"].token)
    assert orjson.loads(result.data or b"") == {"a": {"errors": []}, "b": None}
    assert [(error.code.value, error.path) for error in result.errors] == [("RATE_LIMITED", ("b",))]


# --- what it costs


async def test_what_is_written_is_in_the_cost(office: Office) -> None:
    firm, costs = await office.found(), dict[int, int]()
    for count in (1, 21):
        changes = [change(firm["anna"], app, granted=True) for app in TOGGLES[:count]]
        given = {"companyId": firm.id, "expectedVersion": 1, "changes": changes}
        request = GraphQLRequest(SET, variables={"input": given}, token=firm["owner"].token, wants_cost=True)
        result = await office.executor.execute(request)
        assert result.cost is not None
        costs[len(changes)] = result.cost[0]
    assert costs[21] - costs[1] == 20 * WRITTEN


async def test_a_whole_matrix_can_be_written_and_several_in_one_request_cannot(office: Office) -> None:
    firm = await office.found()
    changes = [change(firm["anna"], "STOCK", granted=True)] * 2_320
    given: dict[str, Any] = {"companyId": firm.id, "expectedVersion": 0, "changes": changes}
    fields = [f"m{n}: setAppAccess(input: $input) {{ errors {{ code }} }}" for n in range(3)]
    office.executor.limit_writes(None)
    for count, codes in ((1, []), (2, []), (3, ["COST_EXCEEDED"])):
        document = f"mutation ($input: SetAppAccessInput!) {{ {' '.join(fields[:count])} }}"
        result = await office.send(document, firm["owner"].token, **given)
        assert [error.code.value for error in result.errors] == codes
