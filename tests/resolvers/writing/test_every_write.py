"""What holds for every declared mutation: walked over all of them, so that the next entity has these tests too."""

import asyncio
import secrets
import uuid
from typing import Any, Final

import orjson
import pytest

from db.tokens import hash_token, new_token
from resolvers.writing.declaration import EntityWrite, WriteColumn
from schema.apps import App
from schema.declarations.writing import WriteAction
from tests.resolvers.writing.desk import (
    DECLARED,
    TYPES,
    WRITES,
    Desk,
    actions_of,
    as_one,
    document,
    full,
    least,
    leaves,
    sample,
    write_of,
)

CREATES: Final = [write for write in DECLARED.values() if write.action is WriteAction.CREATE]
UPDATES: Final = [write for write in DECLARED.values() if write.action is WriteAction.UPDATE]
OF_ROWS: Final = [write for write in WRITES.values() if not write.creates]
GATED: Final = [
    pytest.param(write, column, id=f"{write.operation}.{column.member}")
    for write in DECLARED.values()
    for column in (*write.columns, *write.effects)
    if column.need
]
UNKNOWN: Final = "0" * 32
MAKE_CREDENTIAL: Final = """
insert into credential (token_hash, account_id, kind, label, last4, hidden_fields, expires_at, read_only)
values ($1, $2, 'API_KEY', 'x', 'wxyz', 'NULL', '2126-01-01', $3)
"""


def named(write: EntityWrite) -> str:
    return write.operation


def row_of(write: EntityWrite) -> str:
    """The selection of the plain fields of the row."""
    return f"{write.member} {{ {' '.join(leaves(write))} }}"


def beginning(write: EntityWrite) -> bytes:
    """What stands before the row in an answer that begins with it."""
    results = '"results":[{' if write.listed else ""
    return f'{{"{write.operation}":{{{results}"{write.member}":'.encode()


async def any_row(desk: Desk, write: EntityWrite) -> str:
    """The id of a row that the mutation can be about; of a deleted one, if it restores."""
    id_ = await desk.made(write.type_.name)
    if write.action is WriteAction.RESTORE:
        delete = write_of(write.type_.name, WriteAction.DELETE)
        assert (await desk.write(desk.firm["owner"], delete, **{delete.which: id_}))["errors"] == []
    return id_


async def target(desk: Desk, write: EntityWrite) -> dict[str, Any]:
    """The member that names the company or the row."""
    return await desk.place(write) if write.creates else {write.row: await any_row(desk, write)}


async def foreign(desk: Desk, type_name: str) -> str:
    """The id of a row of the other firm."""
    create = write_of(type_name, WriteAction.CREATE)
    where = desk.other.id if create.whole is None else await foreign(desk, create.whole.type_.name)
    given = {**full(create), create.which: where}
    return (await desk.write(desk.other["owner"], create, f"{create.member} {{ id }}", **given))[create.member]["id"]


def values(write: EntityWrite, n: int = 0) -> dict[str, Any]:
    return full(write, n) if write.columns else {}


# --- what is written is what is read


@pytest.mark.parametrize("write", CREATES, ids=named)
async def test_the_payload_of_a_new_row_is_what_node_shows_right_after(desk: Desk, write: EntityWrite) -> None:
    owner, every = desk.firm["owner"], full(write)
    given = {**every, **await desk.place(write)}
    result = await desk.send(owner, document(write, row_of(write)), input=desk.input(write, given))
    assert result.data is not None
    assert result.errors == ()
    row = as_one(write, orjson.loads(result.data)[write.operation], row_of(write))[write.member]
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on {write.type_.name} {{ {' '.join(leaves(write))} }} }} }}"
    shown = await desk.send(owner, query, id=row["id"])
    assert shown.data is not None
    written = result.data.removeprefix(beginning(write)).removesuffix(b"}]}}" if write.listed else b"}}")
    assert written == shown.data.removeprefix(b'{"node":').removesuffix(b"}")
    renamed = {column.member for column in write.columns if column.rule.called}
    read = {name: value for name, value in every.items() if name not in renamed}
    assert {name: row[name] for name in read} == read


@pytest.mark.parametrize("write", UPDATES, ids=named)
async def test_an_update_changes_what_it_names_alone(desk: Desk, write: EntityWrite) -> None:
    owner, id_ = desk.firm["owner"], await desk.made(write.type_.name)
    every = {name: value for name, value in full(write, 1).items() if name in leaves(write)}
    seen = await desk.write(owner, write, row_of(write), **{write.row: id_})
    before = seen[write.member]
    for name, value in every.items():
        payload = await desk.write(owner, write, row_of(write), **{write.row: id_, name: value})
        assert payload["errors"] == [], name
        after = payload[write.member]
        assert after[name] == value
        assert {k for k in every if after[k] != before[k]} == {name}
        before = after


# --- who may


@pytest.mark.parametrize(("write", "column"), GATED)
async def test_a_field_that_one_does_not_see_cannot_be_written(
    desk: Desk, write: EntityWrite, column: WriteColumn
) -> None:
    anna, apps = desk.firm["anna"], [gate for gate in column.need if isinstance(gate, App)]
    base: Any = {**least(write), **await target(desk, write)}
    await desk.allow(anna)
    before = await desk.rows()
    for value, reason in ((sample(column), None), (None, "NULL_SENT")):
        payload = await desk.write(anna, write, "", **{**base, column.member: value})
        assert payload["errors"] == [{"code": "APP_REQUIRED", "field": [column.member], "reason": reason}]
    assert await desk.rows() == before
    await desk.allow(anna, *apps)
    payload = await desk.write(anna, write, **{**base, column.member: sample(column)})
    assert {error["code"] for error in payload["errors"]} <= {"VALIDATION", "NOT_FOUND"}  # of other rules
    await desk.allow(anna)


@pytest.mark.parametrize("write", [write for write in UPDATES if any(c.need for c in write.columns)], ids=named)
async def test_hidden_values_survive_an_update(desk: Desk, write: EntityWrite) -> None:
    id_ = await desk.made(write.type_.name)
    hidden = [column.name for column in write.columns if column.need and column.name not in write.rules.follows]
    find = f"select {', '.join(hidden)} from {write.table.name} where id = $1"
    before = await desk.connection.fetchrow(find, uuid.UUID(hex=id_[4:]))
    await desk.allow(desk.firm["anna"])
    given = {column.member: sample(column, 1) for column in write.columns if not column.need and column.linked is None}
    assert (await desk.write(desk.firm["anna"], write, **{write.row: id_, **given}))["errors"] == []
    assert await desk.connection.fetchrow(find, uuid.UUID(hex=id_[4:])) == before
    assert any(before or ())


@pytest.mark.parametrize("write", WRITES.values(), ids=named)
async def test_what_one_may_not_see_is_answered_as_what_never_was(desk: Desk, write: EntityWrite) -> None:
    owner = desk.firm["owner"]
    if write.creates:
        prefix = write.named_prefix
        theirs = desk.other.id if write.whole is None else await foreign(desk, write.whole.type_.name)
        ids = [theirs, f"{prefix}_{UNKNOWN}", f"{prefix}_{uuid.uuid4().hex}", f"xyz_{theirs[4:]}", "com_x", ""]
    else:
        theirs = await foreign(desk, write.type_.name)
        gone = await any_row(desk, write)
        if write.action is not WriteAction.RESTORE:
            await desk.write(owner, write_of(write.type_.name, WriteAction.DELETE), **{write.which: gone})
        else:
            await desk.connection.execute(
                f"update {write.table.name} set deleted_at = now() - interval '31 days' where id = $1",
                uuid.UUID(hex=gone[4:]),
            )
        ids = [theirs, gone, f"{write.prefix}_{uuid.uuid4().hex}", f"com_{theirs[4:]}", "x"]
    before = await desk.rows()
    answers = set[bytes | None]()
    for id_ in ids:
        given = {**least(write), write.which: id_, "idempotencyKey": secrets.token_hex(4)}
        selection = f"{row_of(write)} company {{ id }} replayed errors {{ code message field reason }}"
        result = await desk.send(owner, document(write, selection), input=given)
        answers.add(result.data)
        assert (result.errors, result.hidden) == ((), ())
    assert len(answers) == 1
    payload = orjson.loads(answers.pop() or b"")[write.operation]
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [("NOT_FOUND", [write.which])]
    assert (payload[write.member], payload["company"]) == (None, None)
    assert await desk.rows() == before


@pytest.mark.parametrize("write", DECLARED.values(), ids=named)
async def test_who_only_reads_or_looks_writes_nothing(desk: Desk, write: EntityWrite) -> None:
    given, account = {**least(write), **await target(desk, write)}, desk.firm["owner"].account
    tokens = {read_only: new_token("enk") for read_only in (True, False)}
    for read_only, token in tokens.items():
        await desk.connection.execute(MAKE_CREDENTIAL, hash_token(token), account, read_only)
    before = await desk.rows()
    assert await desk.write(tokens[True], write, **given) == ["FORBIDDEN"]
    assert await desk.write(tokens[True], write, **given, validateOnly=True) == ["FORBIDDEN"]
    assert await desk.write(None, write, **given) == ["UNAUTHENTICATED"]
    if write.for_owners:
        assert await desk.write(tokens[False], write, **given) == ["FORBIDDEN"]
    assert await desk.rows() == before
    if not write.for_owners:
        assert (await desk.write(tokens[False], write, **given))["errors"] == []


# --- versions, keys, trials


@pytest.mark.parametrize("write", [write for write in DECLARED.values() if not write.creates], ids=named)
async def test_a_stale_write_is_refused_and_shows_the_row_as_it_is(desk: Desk, write: EntityWrite) -> None:
    owner, given = desk.firm["owner"], {**await target(desk, write), **values(write, 1)}
    before = await desk.rows()
    payload = await desk.write(owner, write, f"{write.member} {{ id }}", **given, expectedVersion=99)
    assert [error["code"] for error in payload["errors"]] == ["VERSION_CONFLICT"]
    if write.action is not WriteAction.RESTORE:
        assert payload[write.member] == {"id": given[write.row]}
    assert await desk.rows() == before
    find = f"select version from {write.table.name} where id = $1"
    key = uuid.UUID(hex=given[write.row][4:])
    version = await desk.connection.fetchval(find, key)
    assert (await desk.write(owner, write, **given, expectedVersion=version))["errors"] == []
    assert await desk.connection.fetchval(find, key) == version + 1


@pytest.mark.parametrize("write", DECLARED.values(), ids=named)
async def test_a_repeated_key_writes_once_and_says_so(desk: Desk, write: EntityWrite) -> None:
    owner = desk.firm["owner"]
    given = {**await target(desk, write), **values(write, 1), "idempotencyKey": secrets.token_hex(8)}
    selection = f"replayed {row_of(write)}"
    first = await desk.write(owner, write, selection, **given)
    after = await desk.rows()
    again = await desk.write(owner, write, selection, **given)
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again[write.member] == first[write.member]
    other = {**given, "expectedVersion": 7} if not write.creates else {**given, **full(write, 0)}
    reused = await desk.write(owner, write, selection, **other)
    assert [error["code"] for error in reused["errors"]] == ["KEY_REUSED"]
    partner = await desk.write(desk.firm["partner"], write, selection, **{**given, "validateOnly": True})
    assert partner["replayed"] is False  # a key is somebody's own
    assert await desk.rows() == after


@pytest.mark.parametrize("write", DECLARED.values(), ids=named)
async def test_of_two_at_once_with_one_key_one_writes(desk: Desk, write: EntityWrite) -> None:
    given = {**await target(desk, write), **values(write, 1), "idempotencyKey": secrets.token_hex(8)}
    count = len((await desk.rows())["change"])
    answers = await asyncio.gather(
        *(desk.write(desk.firm["owner"], write, f"replayed {row_of(write)}", **given) for _ in range(4))
    )
    assert sorted(answer["replayed"] for answer in answers) == [False, True, True, True]
    assert all(answer["errors"] == [] for answer in answers)
    assert len((await desk.rows())["change"]) == count + (1 if write.whole is None else 2)


@pytest.mark.parametrize("write", DECLARED.values(), ids=named)
async def test_a_trial_writes_nothing_and_claims_no_key(desk: Desk, write: EntityWrite) -> None:
    given = {**await target(desk, write), **values(write, 1), "idempotencyKey": secrets.token_hex(8)}
    before = await desk.rows()
    payload = await desk.write(
        desk.firm["owner"], write, f"{row_of(write)} company {{ id }}", **given, validateOnly=True
    )
    assert (payload["errors"], payload[write.member], payload["company"]) == ([], None, {"id": desk.firm.id})
    assert await desk.rows() == before
    assert (await desk.write(desk.firm["owner"], write, "replayed", **given)) == {"replayed": False, "errors": []}


# --- the trail


@pytest.mark.parametrize("type_name", TYPES)
async def test_each_change_leaves_a_row_and_nothing_else_does(desk: Desk, type_name: str) -> None:
    owner, create = desk.firm["owner"], write_of(type_name, WriteAction.CREATE)
    id_ = await desk.made(type_name)
    key = uuid.UUID(hex=id_[4:])
    update = write_of(type_name, WriteAction.UPDATE)
    member = next(iter(full(create)))
    changed, actions = full(update, 1)[member], actions_of(type_name)
    for _ in range(2):  # the second one changes nothing
        await desk.write(owner, update, **{update.which: id_, member: changed})
    for action in actions[2:]:
        write = write_of(type_name, action)
        await desk.write(owner, write, **{write.which: id_})
    find = "select kind, fields, entity, actor_id, company_id, operation from change where key = $1 order by xid, id"
    trail = [tuple(row) for row in await desk.connection.fetch(find, key)]
    by = (type_name, owner.account, desk.firm.key)
    assert [(kind, *rest) for kind, _, *rest in trail] == [
        (kind, *by, write_of(type_name, action).operation)
        for kind, action in zip(("CREATED", "CHANGED", "DELETED", "RESTORED"), actions, strict=False)
    ]
    assert (len(trail), trail[1][1]) == (len(actions), [member])
    find = f"select version, created_by, updated_by, deleted_at is null from {create.table.name} where id = $1"
    row = await desk.connection.fetchrow(find, key)
    assert tuple(row or ()) == (len(actions), owner.account, owner.account, WriteAction.RESTORE in actions)


@pytest.mark.parametrize("write", UPDATES, ids=named)
async def test_of_updates_at_once_none_is_lost(desk: Desk, write: EntityWrite) -> None:
    id_ = await desk.made(write.type_.name)
    every = {name: value for name, value in full(write, 1).items() if name in leaves(write)}
    given = [{write.row: id_, name: value} for name, value in [*every.items()][:3]]
    answers = await asyncio.gather(*(desk.write(desk.firm["owner"], write, **one) for one in given))
    assert all(answer["errors"] == [] for answer in answers)
    payload = await desk.write(desk.firm["owner"], write, row_of(write), **{write.row: id_})
    assert all(payload[write.member][name] == value for name, value in [*every.items()][:3])
