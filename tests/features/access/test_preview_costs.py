"""What a preview costs: its answer and its work stand in the ratio of all operations; a company's own question fits."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import pytest

from db.connection import connect
from db.database import Database, PoolSettings
from gateway.operation_files import console_operations
from resolvers.execution.executor import Executor
from resolvers.execution.product import default_compiler
from resolvers.fair_use.breath import BREATH
from resolvers.fields.figures.previews import MOST, PIECE, Pieces, Types, count_people
from resolvers.gates.coordinate_groups import coordinate_groups
from resolvers.operation.documents import Documents
from resolvers.operation.named import NamedOperation
from resolvers.request import GraphQLRequest, Result
from resolvers.request_limits import MAX_COST
from schema.apps import CATALOGUE, App
from tests.attacker.bounds import BYTES_OF_A_POINT
from tests.support.company import Firm
from tests.support.databases import Databases

APPS: Final = sorted(app.name for app, entry in CATALOGUE.items() if not entry.always_visible)
EMPLOYEES: Final = 57
HIRE: Final = """
with hired as (
  insert into account (email, first_name, last_name, language, confirmed, kind)
  select 'employee' || n || '@preview.test', 'Jo', 'Maes', 'NL', true, 'MEMBER' from generate_series(1, $2) n
  returning id
)
insert into membership (company_id, account_id, role, external, first_name, last_name, language, accepted_at, toggles)
select $1, id, 'EMPLOYEE', false, 'Jo', 'Maes', 'NL', now(), repeat('0', 256)::bit(256) from hired returning id
"""
SWITCH: Final = "update membership set toggles = $2::text::bit(256) where company_id = $1 and role = 'EMPLOYEE'"
GIVE_ALL: Final = "update company set mask = repeat('1', 256)::bit(256) where id = $1"
HEAD: Final = "query ($id: ID!, $changes: [AppAccessChange!], $operations: [String!]) { company(id: $id) {"


@dataclass(frozen=True, slots=True)
class Big:
    """A company with many employees, who have no apps, and the product."""

    executor: Executor
    firm: Firm
    people: tuple[str, ...]
    connection: Any

    def changes(self, apps: int, *, granted: bool = True) -> list[Mapping[str, object]]:
        """Switch so many apps for everybody."""
        return [{"userId": user, "app": app, "granted": granted} for user in self.people for app in APPS[-apps:]]

    async def ask(self, document: str, changes: list[Any], operations: list[str] | None = None) -> Result:
        """The answer to the owner, with its cost."""
        given = {"id": self.firm.id, "companyId": self.firm.id, "changes": changes, "operations": operations}
        token = self.firm["owner"].token
        return await self.executor.execute(GraphQLRequest(document, variables=given, token=token, wants_cost=True))


@pytest.fixture(scope="module")
async def big(databases: Databases, template: str) -> AsyncGenerator[Big]:
    dsn = await databases.clone(template)
    database, connection = await Database.open(dsn, PoolSettings(size=2)), await connect(dsn)
    firm = await Firm.found(connection)
    await connection.execute(GIVE_ALL, firm.key)
    hired = await connection.fetch(HIRE, firm.key, EMPLOYEES)
    yield Big(Executor(database), firm, tuple(f"usr_{row['id'].hex}" for row in hired), connection)
    await connection.close()
    await database.close()
    await databases.drop(dsn)


def asked(selection: str) -> str:
    return f"{HEAD} previewAccess(changes: $changes, operations: $operations) {{ {selection} }} }} }}"


@pytest.mark.parametrize("granted", [True, False])
@pytest.mark.parametrize("apps", [1, 5, 45])
@pytest.mark.parametrize(
    "selection",
    [
        "people { gained { type names } lost { type names } }",
        "people { gained { type } lost { type } }",
        "people { gained { names } lost { names } }",
        " ".join(f"a{n}: people {{ user {{ id }} gained {{ names }} lost {{ names }} }}" for n in range(2)),
        "people { l0: gained { type } l1: gained { type } l2: lost { type } l3: lost { type } }",
    ],
)
async def test_the_bytes_of_a_point_are_those_of_all_operations(
    big: Big, selection: str, apps: int, granted: bool
) -> None:
    await big.connection.execute(SWITCH, big.firm.key, ("0" if granted else "1") * 256)
    result = await big.ask(asked(selection), big.changes(apps, granted=granted))
    assert result.cost is not None or result.errors[0].code.value == "COST_EXCEEDED"
    if result.cost is not None:
        cost, length = result.cost[0], len(result.data or b"")
        assert length > EMPLOYEES * 20
        assert length <= BYTES_OF_A_POINT * cost, length / cost


@pytest.mark.parametrize(
    "selection",
    [
        " ".join(f"a{n}: people {{ gained {{ type names }} }}" for n in range(9)),
        f"people {{ {' '.join(f'l{n}: gained {{ type }}' for n in range(25))} }}",
        " ".join(f"a{n}: people {{ gained {{ names }} }}" for n in range(25)),
    ],
)
async def test_the_same_list_again_and_again_is_refused_before_it_runs(big: Big, selection: str) -> None:
    result = await big.ask(asked(selection), big.changes(45))
    assert [error.code.value for error in result.errors] == ["COST_EXCEEDED"]
    assert result.response is None


@pytest.mark.parametrize("granted", [True, False])
async def test_the_consoles_question_for_all_people_and_many_apps_is_answered(big: Big, granted: bool) -> None:
    await big.connection.execute(SWITCH, big.firm.key, ("0" if granted else "1") * 256)
    (text,) = (text for text in console_operations().values() if "query Preview(" in text)
    result = await big.ask(text, big.changes(45, granted=granted), ["Desk"])
    assert result.errors == ()
    assert result.cost is not None
    assert result.cost[0] < MAX_COST


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The measures that look at changes, each as often as it does."""
    looked = list[object]()
    for measure in (Types, Pieces):
        usual = measure.__call__

        def look(self: Any, value: Any, usual: Any = usual) -> int:
            looked.append(self)
            return usual(self, value)

        monkeypatch.setattr(measure, "__call__", look)
    return looked


def in_copies(copies: int) -> str:
    """A question for the previews of the viewer's companies so many times, `$v0` to `$vN` of them."""
    people = "people { gained { type names } lost { type names } }"
    lists = [
        f"a{n}: companies(first: $v{n}) {{ nodes {{ previewAccess(changes: $changes) {{ {people} }} }} }}"
        for n in range(copies)
    ]
    declared = ", ".join(f"$v{n}: Int" for n in range(copies))
    return f"query ($changes: [AppAccessChange!], {declared}) {{ viewer {{ {' '.join(lists)} }} }}"


@pytest.mark.parametrize("copies", [1, 4])
@pytest.mark.parametrize("signed_in", [True, False])
async def test_each_measure_looks_at_the_changes_once_for_a_request(
    big: Big, looked: list[object], copies: int, signed_in: bool
) -> None:
    """Thousands of changes are looked at on the way to the database, whoever asks, and also where that refuses."""
    for most, apps, refuses in ((1, 1, False), (100, 45, True)):
        given = {f"v{n}": most for n in range(copies)} | {"changes": big.changes(apps)}
        token = big.firm["owner"].token if signed_in else None
        looked.clear()
        result = await big.executor.execute(
            GraphQLRequest(in_copies(copies), variables=given, token=token, wants_cost=True)
        )
        assert [error.code.value for error in result.errors] == (["COST_EXCEEDED"] if refuses else [])
        assert len(looked) == len(set(looked)) == 3


async def test_no_change_is_looked_at_for_a_stranger_who_asks_for_too_much(big: Big, looked: list[object]) -> None:
    copies = 20
    given = {f"v{n}": 100 for n in range(copies)} | {"changes": big.changes(45)}
    asked, refused = GraphQLRequest(in_copies(copies), variables=given), list[tuple[object, int]]()
    for token in (None, big.firm["owner"].token):
        looked.clear()
        result = await big.executor.execute(asked._replace(token=token))
        assert [error.code.value for error in result.errors] == ["COST_EXCEEDED"]
        refused.append(((result.errors[0].extensions or {}).get("work"), len(looked)))
    assert refused == [("STATEMENT", 0), (None, 3)]


@pytest.mark.parametrize("piece", [PIECE, PIECE // 8])
def test_a_measure_is_never_below_what_the_changes_do_person_by_person(
    monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr("resolvers.fields.figures.previews.PIECE", piece)
    schema, random = default_compiler().schema, Random(139)
    groups, apps = coordinate_groups(schema), [None, *(App[name] for name in APPS)]
    for _ in range(200):
        people = [f"usr_{n:032x}" for n in range(random.randint(1, 9))]
        greedy, weights = people[0], [random.random() ** 3 for _ in apps]
        changes = [
            {
                "userId": greedy if random.random() < 0.5 else random.choice(people),
                "app": random.choices(apps, weights)[0],
                "granted": random.choice([True, True, False, None]),
            }
            for _ in range(random.choice([0, 1, 1, 3, 150]))
        ]
        pieces, count = Pieces(schema)(changes), count_people(changes)
        assert count == len({change["userId"] for change in changes})
        for granted in (True, False):
            reached: list[tuple[str, str, int]] = []
            for person in people:
                own = [one["app"] for one in changes if one["userId"] == person and one["granted"] in (granted, None)]
                seen = [group for group in groups if None in own or not group.apps.isdisjoint(own)]
                reached += [(person, group.type_name, len('"",'.join(group.names)) + 3) for group in seen]
            types = count * Types(schema, granted)(changes)
            assert types >= len({(person, type_name) for person, type_name, _ in reached})
            assert piece * types * (2 + pieces) >= sum(length for *_, length in reached)


def test_a_measure_looks_at_no_more_changes_than_there_may_be() -> None:
    schema = default_compiler().schema
    changes = [{"userId": f"usr_{n:032x}", "app": App[APPS[n % 9]], "granted": True} for n in range(MOST + 9)]
    for measure in (count_people, Types(schema, granted=True), Pieces(schema)):
        assert measure(changes) == measure(changes[:MOST])
    assert count_people(changes) == MOST


async def test_what_operations_need_is_found_in_a_turn_once_and_costs(
    big: Big, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not on the way to the database, where everybody waits for it."""
    compiler, found = default_compiler(), list[bool]()
    documents = Documents(compiler.schema)
    names = [f"Named{n}" for n in range(20)]
    for name in names:
        text = f"query {name}($id: ID!) {{ company(id: $id) {{ customers {{ nodes {{ name discount }} }} }} }}"
        compiler.keep(documents.pin(text).choose(None))
    usual = NamedOperation._needs  # pyright: ignore[reportPrivateUsage]

    def needs(self: NamedOperation, variables: Any) -> Any:
        found.append(BREATH.pause is not None)
        return usual(self, variables)

    monkeypatch.setattr(NamedOperation, "_needs", needs)
    selection, few = asked("operations { name user { id } before after }"), big.changes(45)[:45]
    without, one, all_ = [await big.ask(selection, few, given) for given in (None, names[:1], names)]
    assert (without.errors, one.errors, all_.errors) == ((), (), ())
    assert len(found) >= len(names)
    assert all(found)
    costs = [result.cost[0] for result in (without, one, all_) if result.cost is not None]
    assert costs[1] - costs[0] > 75
    assert costs[2] - costs[1] > 75 * (len(names) - 1)
    found.clear()
    again = await big.ask(selection, few, names)
    assert (again.data, found) == (all_.data, [])
    assert (await big.ask(selection, few, None)).data == without.data
    too_many = await big.ask(selection, few, [f"No{n}" for n in range(101)])
    assert [error.code.value for error in too_many.errors] == ["BAD_USER_INPUT"]
