"""tests/golden/layout.py: formatting does not change the meaning of a statement."""

import pytest

from tests.golden.case import Case, read_cases
from tests.golden.layout import lay_out, words
from tests.golden.world import Viewing, World
from tests.rls.guard import plain

QUERIES = [pytest.param(case, id=case.name) for case in read_cases() if not case.is_mutation]


@pytest.mark.parametrize("case", QUERIES)
async def test_what_is_laid_out_gives_the_same_row(case: Case, world: World) -> None:
    """One lateral, one parenthesis or one quote off, and it would not run or say something else."""
    ran = (await world.run(case, Viewing.STRANGER)).statements[-1]
    laid_out = lay_out(ran.sql)
    assert [word.text for word in words(laid_out) if word.text not in "()"] == [
        word.text for word in words(ran.sql) if word.text not in "()"
    ]
    assert plain(await world.connection.fetchrow(laid_out, *ran.arguments)) == plain(
        await world.connection.fetchrow(ran.sql, *ran.arguments)
    )


def test_only_the_parentheses_of_a_chain_go() -> None:
    chained = "select ('a' || (x.b)::text) || ('c' || (select ('d' || e) || ('f' || g) from t)) from x where (y or z)"
    flat = "select 'a' || (x.b)::text || 'c' || (select 'd' || e || 'f' || g from t) from x where (y or z)"
    assert lay_out(chained) == flat + "\n"


def test_constants_keep_their_white_space() -> None:
    statement = """select '{"a" :  1, "b": "it''s (' || E'\\n\\'' || "odd  name" from t"""
    assert lay_out(statement) == statement + "\n"


def test_each_member_is_a_line() -> None:
    members = " || ".join(f"""',"key{n}":' || to_json(t.column{n})::text""" for n in range(5))
    laid_out = lay_out(f"select {members} from t")
    assert [line for line in laid_out.splitlines() if "key3" in line] == [
        """  || ',"key3":' || to_json(t.column3)::text"""
    ]
