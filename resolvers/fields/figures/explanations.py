"""Explanations of access: the selections of an operation with their gates, judged for a member by the masks of now."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from db.sql import Rows, Sql, every, literal, sql
from db.tables.core.apps import app
from db.tables.core.identity import membership
from resolvers.compilation.context import Row
from resolvers.compilation.resolution import Arguments, Derived, Leaf, Resolution
from resolvers.global_ids import Key
from resolvers.membership import held, is_in
from resolvers.operation.arguments import (
    NOT_GIVEN,
    ArgumentValue,
    ConstantArgument,
    Inputs,
    ListArgument,
    ObjectArgument,
    VariableArgument,
    plain,
)
from resolvers.operation.explain import GATE_LETTERS, explain
from resolvers.plans import asleep, awake
from resolvers.request import bad_input

APP, ROLE, PRESENT, COMPANY = map(literal, GATE_LETTERS)

DIFFERENT: Final = 4
"""Maximum number of different operations that one request may have explained, each for any number of members."""


def _written(value: Any) -> str:
    """The probe of any JSON: its text, with sorted keys. Raises RequestError (BAD_USER_INPUT) for other values."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError:
        raise bad_input('The argument "variables" has a value that is no JSON.') from None


def _whole(inputs: Inputs, given: ArgumentValue) -> Any:
    """The whole value of an argument, which becomes part of the statement's shape."""
    match given:
        case ConstantArgument(value):
            return value
        case VariableArgument():
            return orjson.loads(inputs.probe(given, _written))
        case ListArgument(items):
            return [_whole(inputs, item) for item in items]
        case ObjectArgument(members):
            return {name: _whole(inputs, member) for name, member in members.items()}


def _explained(row: Row, arguments: Arguments) -> tuple[Sql, Sql]:
    """The selections of the operation and their needs, as parameters with texts that the statement carries."""
    text: str = row.ctx.inputs.probe(arguments["operation"], plain)
    variables = _whole(row.ctx.inputs, arguments.get("variables", NOT_GIVEN))
    key = (text, _written(variables))
    if key not in row.ctx.explained:
        if len(row.ctx.explained) == DIFFERENT:
            raise bad_input(f"At most {DIFFERENT} different operations are explained in one request.")
        found = explain(row.ctx.collector.schema, text, variables, row.ctx.budget)
        row.ctx.explained[key] = (row.ctx.carry(found.selections), row.ctx.carry(found.needs))
    return row.ctx.explained[key]


def _person(row: Row, arguments: Arguments) -> tuple[Rows, Sql]:
    """The membership of the member in question, and the condition that selects it."""
    person = row.ctx.rows(membership, company=row.company)
    user, external = (row.ctx.bind(arguments["userId"], Key((prefix,)), "uuid") for prefix in ("usr", "ext"))
    return person, every(
        [
            *person.where,
            sql("{} = case when {} then {} else {} end", person["id"], person["external"], external, user),
            sql("{} is null", person["removed_at"]),
        ]
    )


def _is_here(row: Row, arguments: Arguments) -> Sql:
    person, meant = _person(row, arguments)
    return sql("exists (select from {} where {})", person.source, meant)


def _closed(row: Row, person: Rows) -> Sql:
    """The condition that a gate of a way (`w.gate`) is closed to a member."""
    return sql(
        "case when left(w.gate, 1) = {} then get_bit({} & {}, substr(w.gate, 2)::int) = 0 "
        "when w.gate = {} then {} is distinct from 'OWNER' when w.gate = {} then not ({}) "
        "else encode(uuid_send({}), 'hex') <> substr(w.gate, 2) end",
        APP,
        awake(row.rows),
        held(person),
        ROLE,
        person["role"],
        PRESENT,
        is_in(person),
        row["id"],
    )


def _judged(needs: Sql, closed: Sql, person: Rows, meant: Sql) -> Sql:
    """The select of each need with the gate that closes it, or null; each need is judged once.

    One of a need's ways has to be open. If none is, the gate is that of the way whose closed gate comes last.
    """
    return sql(
        "select k.n, "
        "(select case when bool_and(x.gate is not null) then (array_agg(x.gate order by x.far desc, o.n))[1] end "
        "from json_array_elements(k.ways) with ordinality o(gates, n) left join lateral "
        "(select w.gate, w.n far from json_array_elements_text(o.gates) with ordinality w(gate, n) "
        "where {} order by w.n limit 1) x on true) gate "
        "from json_array_elements({}::json) with ordinality k(ways, n), {} where {} offset 0",
        closed,
        needs,
        person.source,
        meant,
    )


def _reasons(row: Row, judged: Sql) -> Sql:
    """The select of each judged need as the client sees it: the reason, and the app or role."""
    entry = row.ctx.rows(app)
    reason = sql(
        "case when left(f.gate, 1) = {} then case when get_bit({}, substr(f.gate, 2)::int) = 1 then 'PLAN' "
        "when get_bit({}, substr(f.gate, 2)::int) = 0 then 'NOT_ACTIVATED' else 'NOT_GRANTED' end "
        "when f.gate = {} then 'ROLE' when f.gate = {} then 'NOT_GRANTED' "
        "when left(f.gate, 1) = {} then 'OTHER_COMPANY' end",
        APP,
        asleep(row.rows),
        awake(row.rows),
        ROLE,
        PRESENT,
        COMPANY,
    )
    named = sql(
        "(select {} from {} where left(f.gate, 1) = {} and {} = substr(f.gate, 2)::int)",
        entry["id"],
        entry.source,
        APP,
        entry["position"],
    )
    return sql(
        "select f.n, f.gate is null visible, {} reason, {} app, f.gate = {} of_role from ({}) f offset 0",
        reason,
        named,
        ROLE,
        judged,
    )


def _explanations(row: Row, arguments: Arguments) -> Rows:
    """The rows of the explanation, one for each selection."""
    selections, needs = _explained(row, arguments)
    person, meant = _person(row, arguments)
    reasons = _reasons(row, _judged(needs, _closed(row, person), person, meant))
    select = sql(
        "select e.n, array(select json_array_elements_text(e.selection -> 0)) path, j.visible, j.reason, j.app, "
        "case when j.of_role then 'OWNER' end role from json_array_elements({}::json) with ordinality e(selection, n) "
        "join ({}) j on j.n = (e.selection ->> 1)::int",
        selections,
        reasons,
    )
    return row.ctx.derived(membership, select, "n", "path", "visible", "reason", "app", "role")


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Company.explainAccess": Derived(_explanations, order="n", when=_is_here),
    "AccessExplanation.path": Leaf(lambda row, arguments: row["path"]),
    "AccessExplanation.visible": Leaf(lambda row, arguments: row["visible"]),
    "AccessExplanation.reason": Leaf(lambda row, arguments: row["reason"]),
    "AccessExplanation.app": Leaf(lambda row, arguments: row["app"]),
    "AccessExplanation.role": Leaf(lambda row, arguments: row["role"]),
}

HOMES: Final[Mapping[str, str]] = {"AccessExplanation": membership.name}
