"""sql.py: what is emitted runs on PostgreSQL, and nothing gets into it by a side door."""

import json
from itertools import product
from typing import Any, cast

import pytest

from db.database import Database
from db.sql import (
    SHORT,
    TRUE,
    Choice,
    Expression,
    Json,
    Sql,
    Text,
    balanced,
    concatenation,
    equals,
    every,
    join,
    json_object,
    literal,
    nullable,
    number,
    only_if,
    parameter,
    rows,
    sql,
)
from db.tables import metadata
from db.tables.core.documents import document
from db.tables.core.identity import account

TENANTS = [table for table in metadata.tables.values() if table.info.get("tenant")]
PIECES = 20_000


async def value_of(database: Database, expression: Sql, *arguments: object) -> Any:
    return (await database.read(str(sql("select {}", expression)), arguments))[0]


async def read_json(database: Database, json_: Json) -> Any:
    return json.loads(await value_of(database, concatenation(json_)))


# --- texts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "'", "''; drop table company; --", '"quoted"', "$1", "{}", "é\U0001f600", "\n\t"])
async def test_a_constant_is_the_text_that_it_was_made_of(database: Database, text: str) -> None:
    assert await value_of(database, literal(text)) == text


@pytest.mark.parametrize("text", ["a\0", "a\\b"])
def test_what_could_be_read_in_two_ways_is_no_constant(text: str) -> None:
    with pytest.raises(ValueError, match="NUL or a backslash"):
        literal(text)


async def test_a_value_is_a_parameter(database: Database) -> None:
    attack = "'; drop table company; --"
    assert await value_of(database, sql("{} || {}", parameter(1, "text"), literal("!")), attack) == f"{attack}!"


def test_a_number_is_a_number() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        number(cast("int", "1; drop table company"))
    assert number(7) == "7"


def test_the_conjunction_of_nothing_is_true() -> None:
    assert every([]) == TRUE
    assert every([sql("a"), sql("b")]) == "a and b"


# --- tables ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", [pytest.param(table, id=table.name) for table in TENANTS])
def test_a_tenant_table_is_named_with_its_company_or_not_at_all(table: Any) -> None:
    with pytest.raises(ValueError, match=f"{table.name} is a tenant table"):
        rows(table, sql("t1"))
    assert rows(table, sql("t1"), company=sql("c0.id")).where == ("t1.company_id = c0.id",)


def test_other_tables_need_none() -> None:
    assert len(TENANTS) >= 9
    named = rows(account, sql("w"))
    assert (named.where, named.source, named["email"]) == ((), "account w", "w.email")


def test_a_column_that_the_table_lacks_cannot_be_named() -> None:
    with pytest.raises(KeyError):
        rows(document, sql("d"), company=sql("c.id"))["no_such_column"]


def test_constants_of_the_metadata_become_conditions() -> None:
    column = sql("t.x")
    shown = [equals(column, constant) for constant in (None, True, False, "it's")]
    assert shown == ["t.x is null", "t.x", "not t.x", "t.x = 'it''s'"]
    with pytest.raises(TypeError):
        equals(column, 7)


# --- JSON -----------------------------------------------------------------------------------------------------------


async def test_a_chain_of_20000_pieces_runs(database: Database) -> None:
    """A chain that leans to one side would exceed the server's stack depth."""
    chain = balanced([literal(f"{n % 10}") for n in range(PIECES)])
    assert await value_of(database, chain) == "".join(f"{n % 10}" for n in range(PIECES))


def test_a_chain_is_as_deep_as_a_balanced_tree() -> None:
    depth = deepest = 0
    for character in balanced([sql("x")] * PIECES):
        depth += {"(": 1, ")": -1}.get(character, 0)
        deepest = max(deepest, depth)
    assert deepest <= 14
    assert balanced([]) == "''"


async def test_an_object_of_20000_members_runs(database: Database) -> None:
    members = [(f"key{n}", (Expression(sql("{}::text", number(n))),)) for n in range(PIECES)]
    assert await read_json(database, json_object(members)) == {f"key{n}": n for n in range(PIECES)}


async def test_response_keys_may_be_longer_than_a_name_of_postgresql(database: Database) -> None:
    long = "k" * 80
    members: list[tuple[str, Json]] = [(f"{long}{n}", (Text(f"{n}"),)) for n in range(3)]
    assert await read_json(database, json_object(members)) == {f"{long}{n}": n for n in range(3)}


def test_neighbouring_constants_are_one() -> None:
    json_ = json_object([("a", (Text("1"),)), ("b", (Expression(sql("t.x")),)), ("c", json_object([]))])
    assert concatenation(json_) == """'{"a":1,"b":' || t.x || ',"c":{}}'"""


async def test_null_stays_where_it_belongs(database: Database) -> None:
    """One null in a chain would take the whole answer with it."""
    nothing = sql("null::text")
    found = await read_json(database, json_object([("a", nullable(nothing)), ("b", nullable(literal("1")))]))
    assert found == {"a": None, "b": 1}


@pytest.mark.parametrize(("divisor", "found"), [(0, None), (2, 5)])
async def test_what_is_not_shown_is_not_computed(database: Database, divisor: int, found: int | None) -> None:
    shown = only_if(sql("t.n <> 0"), (Expression(sql("(10 / t.n)::text")),))
    source = sql("(select {} from (select {}::int n) t)", concatenation(shown), parameter(1, "int4"))
    assert json.loads(await value_of(database, source, divisor)) == found
    assert only_if(None, (Text("1"),)) == (Text("1"),)


TRUTH: Json = (Choice(parameter(1, "bool"), (Text("true"),), (Text("false"),)),)
BEHIND: Json = (Choice(parameter(1, "bool"), (Expression(sql("'1'")),), (Text("null"),)),)


@pytest.mark.parametrize(
    ("held", "found"), [(True, [True, 1, 1]), (False, [False, None, None]), (None, [False, None, None])]
)
async def test_a_choice_and_what_follows_it(database: Database, held: bool | None, found: list[object]) -> None:
    json_: Json = (Text("["), *TRUTH, Text(","), *BEHIND, Text(","), *BEHIND, Text("]"))
    assert json.loads(await value_of(database, concatenation(json_), held)) == found


def test_a_choice_takes_in_short_texts_and_its_like() -> None:
    assert concatenation((*TRUTH, Text(","), *BEHIND, Text("]"))) == (
        "case when $1::bool then 'true,' || '1' || ']' else 'false,null]' end"
    )
    long = "x" * (SHORT + 1)
    assert concatenation((*TRUTH, Text(long))) == f"case when $1::bool then 'true' else 'false' end || '{long}'"


def yes_or_no(n: int, of: str) -> Json:
    """The member of an object with the n-th parameter, a Boolean."""
    return (Text(f'"{of}":'), Choice(parameter(n, "bool"), (Text("true"),), (Text("false"),)))


THREE: Json = (Text("{"), *yes_or_no(1, "a"), Text(","), *yes_or_no(2, "b"), Text(","), *yes_or_no(3, "c"), Text("}"))


@pytest.mark.parametrize("held", list(product((True, False, None), repeat=3)))
async def test_booleans_in_a_row_are_each_its_own(database: Database, held: tuple[bool | None, ...]) -> None:
    found = json.loads(await value_of(database, concatenation(THREE), *held))
    assert found == {name: bool(one) for name, one in zip("abc", held, strict=True)}


def test_three_booleans_in_a_row_are_one_text_and_a_fourth_is_another() -> None:
    assert "||" not in concatenation(THREE)
    assert concatenation((*THREE, *yes_or_no(4, "d"))).count("||") == 1


def test_only_constant_texts_with_simple_conditions_become_one() -> None:
    dear = (Choice(sql("exists (select)"), (Text("true"),), (Text("false"),)),)
    assert concatenation((*TRUTH, *dear)).count("exists") == 1
    assert concatenation((*TRUTH, *only_if(parameter(2, "bool"), (Expression(sql("x")),)))).count("$2") == 1


def test_fragments_join_with_a_separator() -> None:
    assert join(", ", [sql("a"), sql("b.{}", sql("c"))]) == "a, b.c"
