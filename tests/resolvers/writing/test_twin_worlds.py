"""Two companies that differ in hidden values only: whoever does not see these gets the same answers from both.

The same writes are sent in both by an employee without the apps of the hidden fields. Keys and moments are replaced by
their order of appearance. The hidden columns and rows are afterwards what they were.
"""

import re
import secrets
import uuid
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
import pytest

from db.sql import Sql, literal, sql
from resolvers.writing.declaration import EntityWrite, OwnedList, WriteColumn
from resolvers.writing.statement import WriteSql
from schema.declarations.writing import WriteAction
from tests.resolvers.writing.desk import (
    EVERY_APP,
    LISTS,
    MAKE_ACCOUNTS,
    SAMPLES,
    TYPES,
    Desk,
    actions_of,
    full,
    least,
    leaves,
    sample,
    write_of,
)
from tests.support.company import Firm

CREATE, UPDATE, DELETE, RESTORE = WriteAction
TRACE: Final = re.compile(rb"[0-9a-f]{32}|\d{4}-\d\d-\d\dT[0-9:.]+\+00:00")
ROW: Final = "@row"
SETTINGS: Final = "update company set language = $2, currency = $3 where id = $1"
Step = tuple[EntityWrite, dict[str, Any]]


def shown_row(write: EntityWrite) -> str:
    """The selection of all plain fields of a row, and of the rows of its lists."""
    lists = (f"{owned.member} {{ {' '.join(column.member for column in plain(owned))} }}" for owned in write.lists)
    return " ".join([*leaves(write), *lists])


def shown(write: EntityWrite) -> str:
    """The selection of the row in a payload, and of what it is a part of."""
    whole = f"{write.whole.member} {{ id version }}" if write.whole is not None else ""
    return f"{write.member} {{ {shown_row(write)} }} {whole}"


def plain(owned: OwnedList) -> list[WriteColumn]:
    return [column for column in owned.columns if column.linked is None]


def visible(write: EntityWrite, n: int = 0) -> dict[str, Any]:
    """The values of the members that everybody writes."""
    return {one.member: sample(one, n) for one in write.columns if not one.need and one.linked is None}


async def hidden(desk: Desk, write: EntityWrite, n: int) -> dict[str, Any]:
    """The n-th hidden values, and hidden rows in lists, of which the first world has none."""
    every, gated = full(write, n), {one.member for one in write.columns if one.need}
    found: dict[str, Any] = {name: value for name, value in every.items() if name in gated}
    for owned in write.lists:
        if owned.need and owned.key is None:
            found[owned.member] = [await desk.item(owned, n)] * n
    return found


def steps(type_name: str) -> Iterator[Step]:
    """Writes by somebody without apps; `ROW` stands for the row that both worlds have."""
    create, update = write_of(type_name, CREATE), write_of(type_name, UPDATE)
    of_row: dict[str, Any] = {update.which: ROW}
    yield update, of_row
    for name, value in visible(update, 1).items():
        for controls in ({"validateOnly": True}, {"expectedVersion": 99}, {}, {"idempotencyKey": name}):
            yield update, {**of_row, name: value, **controls}
        yield update, {**of_row, name: None}
    for column in update.columns:
        if column.need:
            yield update, {**of_row, column.member: None if column.linked else sample(column), "expectedVersion": 1}
    for owned in update.lists:
        yield update, {**of_row, owned.member: [], "expectedVersion": 99}
        yield update, {**of_row, owned.member: []}
    yield update, {**of_row, "idempotencyKey": "name", "expectedVersion": 3}
    for name in ("number", "externalId"):
        if name in visible(create):
            yield create, {**visible(create), create.which: "@parent", name: visible(create)[name]}
            yield create, {**visible(create), create.which: "@parent", name: f"@{name}"}
    yield create, {**visible(create), create.which: "@parent"}
    for write in LISTS.values():
        if write.type_.name == type_name:
            yield from list_steps(write)
    for action in (DELETE, UPDATE, RESTORE, UPDATE, DELETE):
        if action in actions_of(type_name):
            yield write_of(type_name, action), {write_of(type_name, action).which: ROW}


def list_steps(write: EntityWrite) -> Iterator[Step]:
    """Writes by a list verb, of one item each."""
    where = {write.which: "@parent"} if write.creates else {write.row: ROW}
    for n, controls in enumerate(({"validateOnly": True}, {}, {"allOrNothing": True}, {"idempotencyKey": "list"})):
        own = {name: value for name, value in visible(write, n % 2).items() if name != "number"}
        yield write, {**where, **own, **controls}
        yield write, {**where, **own, "externalId": "@externalId", **controls}
        yield write, {**where, **own, "name": None, **controls}
    for column in write.columns:
        if column.need:
            used = {column.member: None if column.linked else sample(column)}
            yield write, {**where, **least(write), **used}
            yield write, {**where, **least(write), **used, "allOrNothing": True}


@dataclass(slots=True)
class World:
    """One of both companies; `names` are what stands for its own ids and unique values."""

    desk: Desk
    names: dict[str, Any]
    rows: list[str]

    @classmethod
    async def make(cls, desk: Desk, type_name: str, given: dict[str, Any], n: int) -> "World":
        """A company with a row of the visible values given, and the n-th hidden ones."""
        here = replace(desk, firm=await Firm.found(desk.connection, *EVERY_APP))
        await desk.connection.execute(SETTINGS, here.firm.key, ("FR", "DE")[n], ("EUR", "USD")[n])
        await desk.connection.execute(MAKE_ACCOUNTS, here.firm.key, list(SAMPLES["glAccount"]))
        create = write_of(type_name, CREATE)
        place = await here.place(create)
        row = f"{create.member} {{ id }}"
        made = await here.write(here.firm["owner"], create, row, **place, **given, **await hidden(here, create, n))
        assert made["errors"] == []
        names = {ROW: made[create.member]["id"], "@parent": place[create.which]}
        return cls(here, {**names, **{f"@{name}": value for name, value in given.items()}}, [])

    async def answer(self, write: EntityWrite, given: dict[str, Any], more: str) -> bytes:
        """The answer to an employee without apps."""
        filled = {
            name: self.names.get(value, value) if isinstance(value, str) else value for name, value in given.items()
        }
        selection = f"{shown(write)} replayed errors {{ code message field reason app }} {more}"
        result = await self.desk.ask(self.desk.firm["anna"], write, selection, filled)
        said = orjson.dumps([orjson.loads(result.data or b"null"), result.errors, result.hidden], default=str)
        return TRACE.sub(self._in_order, said)

    def _in_order(self, found: re.Match[bytes]) -> bytes:
        one = found[0].decode()
        if "T" in one:
            return b"a moment"
        if one not in self.rows:
            self.rows.append(one)
        return b"row %d" % self.rows.index(one)

    async def secrets(self, write: EntityWrite) -> list[Any]:
        """The hidden columns of the row that follow from nothing visible, and its hidden rows."""
        key = uuid.UUID(hex=self.names[ROW][4:])
        own = [column.name for column in write.columns if column.need and column.name not in write.rules.follows]
        columns = ", ".join(own) or "1"
        found: list[Any] = [
            await self.desk.connection.fetchrow(f"select {columns} from {write.table.name} where id = $1", key)
        ]
        for owned in write.lists:
            if owned.need:
                query = f"select t::text from {owned.table.name} t where {owned.parent} = $1 order by 1"
                found.append(await self.desk.connection.fetch(query, key))
        return found


async def differences(desk: Desk, type_name: str, more: str = "") -> list[str]:
    """What an employee without apps learns from two worlds with other secrets, and which secrets changed."""
    create, found = write_of(type_name, CREATE), list[str]()
    given = visible(create)
    worlds = [await World.make(desk, type_name, given, n) for n in range(2)]
    before = [await world.secrets(create) for world in worlds]
    assert before[0] != before[1] or not await hidden(desk, create, 0)
    for write, step in [*steps(type_name)]:
        answers = [await world.answer(write, step, more) for world in worlds]
        if answers[0] != answers[1]:
            found.append(f"{write.operation} {step}: {answers}")
    if [await world.secrets(create) for world in worlds] != before:
        found.append("secrets changed")
    return found


@pytest.mark.parametrize("type_name", TYPES)
async def test_hidden_values_change_no_answer_and_survive_all_writes(desk: Desk, type_name: str) -> None:
    assert await differences(desk, type_name) == []


# --- planted leaks are found


def rule_over_a_secret(usual: Callable[[WriteSql], Iterator[Sql]]) -> Callable[[WriteSql], Iterator[Sql]]:
    def broken(self: WriteSql) -> Iterator[Sql]:
        yield from usual(self)
        if self.write.operation == "updateProductGroup":
            yield sql("case when y.profit_margin > 0.5 + 0.5 then {} end", literal("VALIDATION RANGE name"))

    return broken


def forgets(usual: Callable[[WriteSql, Set[str]], Sql]) -> Callable[[WriteSql, Set[str]], Sql]:
    def broken(self: WriteSql, named: Set[str]) -> Sql:
        return Sql(
            str(usual(self, named)).replace(
                "jsonb_populate_record(t,", f"jsonb_populate_record(null::{self.write.table.name},"
            )
        )

    return broken


def unchanged_by_a_secret(usual: Callable[[WriteSql, Set[str]], Sql]) -> Callable[[WriteSql, Set[str]], Sql]:
    def broken(self: WriteSql, named: Set[str]) -> Sql:
        name = "case when (n.r).name is"
        return Sql(str(usual(self, named)).replace(name, "case when (n.t).profit_margin > 1 or (n.r).name is"))

    return broken


@pytest.mark.parametrize(
    ("method", "plant"),
    [
        pytest.param("_broken_rules", rule_over_a_secret, id="a rule over a secret"),
        pytest.param("_new_row", forgets, id="what is not stated is cleared"),
        pytest.param("_new_row", unchanged_by_a_secret, id="a version that a secret raises"),
    ],
)
async def test_a_planted_leak_is_found(desk: Desk, monkeypatch: pytest.MonkeyPatch, method: str, plant: Any) -> None:
    assert await differences(desk, "ProductGroup", f"x{secrets.token_hex(4)}: replayed") == []
    monkeypatch.setattr(WriteSql, method, plant(getattr(WriteSql, method)))
    assert await differences(desk, "ProductGroup", f"x{secrets.token_hex(4)}: replayed") != []
