"""What somebody would see of an operation: its selections with their gates, judged by the masks of now."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from db.sql import Rows, Sql, every, sql
from db.tables.apps import app
from db.tables.identity import membership
from resolvers.compilation import Row
from resolvers.convert import Key
from resolvers.explaining import APP, COMPANY, PRESENT, ROLE, explain
from resolvers.inputs import ABSENT, Constant, Input, Inputs, Members, Several, Variable, bad_input, plain
from resolvers.presence import is_in
from resolvers.resolution import Arguments, Derived, Leaf, Resolution

DIFFERENT: Final = 4
"""How many different operations one request may have explained, each for as many people as it likes."""


def _written(value: Any) -> str:
    """The view of any JSON: its text, with the keys in order."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError:
        raise bad_input('The argument "variables" has a value that is no JSON.') from None


def _whole(inputs: Inputs, given: Input) -> Any:
    """A value with all that is in it; it becomes part of the statement's shape."""
    match given:
        case Constant(value):
            return value
        case Variable():
            return orjson.loads(inputs.look(given, _written))
        case Several(items):
            return [_whole(inputs, item) for item in items]
        case Members(members):
            return {name: _whole(inputs, member) for name, member in members.items()}


def _explained(row: Row, arguments: Arguments) -> tuple[Sql, Sql]:
    """The selections of the operation and their gates, which the statement carries."""
    text: str = row.to.inputs.look(arguments["operation"], plain)
    variables = _whole(row.to.inputs, arguments.get("variables", ABSENT))
    key = (text, _written(variables))
    if key not in row.to.explained:
        if len(row.to.explained) == DIFFERENT:
            raise bad_input(f"At most {DIFFERENT} different operations are explained in one request.")
        found = explain(row.to.collector.schema, text, variables, row.to.budget)
        row.to.explained[key] = (row.to.carry(found.selections), row.to.carry(found.needs))
    return row.to.explained[key]


def _person(row: Row, arguments: Arguments) -> tuple[Rows, Sql]:
    """The membership of whom the question is about, and what makes a row it."""
    person = row.to.rows(membership, company=row.company)
    user, external = (row.to.bind(arguments["userId"], Key((prefix,)), "uuid") for prefix in ("usr", "ext"))
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
    """Whether a gate of a way (`w.gate`) is closed to a person."""
    return sql(
        "case when left(w.gate, 1) = {} then get_bit({} & {}, substr(w.gate, 2)::int) = 0 "
        "when w.gate = {} then {} is distinct from 'OWNER' when w.gate = {} then not ({}) "
        "else encode(uuid_send({}), 'hex') <> substr(w.gate, 2) end",
        APP,
        row["mask"],
        person["mask"],
        ROLE,
        person["role"],
        PRESENT,
        is_in(person),
        row["id"],
    )


def _judged(needs: Sql, closed: Sql, person: Rows, meant: Sql) -> Sql:
    """Each set of needs with the gate that closes it, judged once.

    Of several ways one has to be open, else the one that leads furthest tells why.
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


def _told(row: Row, judged: Sql) -> Sql:
    """The same as it is told: why, and the app or role."""
    entry = row.to.rows(app)
    reason = sql(
        "case when left(f.gate, 1) = {} then case when get_bit({}, substr(f.gate, 2)::int) = 0 "
        "then 'NOT_ACTIVATED' else 'NOT_GRANTED' end when f.gate = {} then 'ROLE' when f.gate = {} then 'NOT_GRANTED' "
        "when left(f.gate, 1) = {} then 'OTHER_COMPANY' end",
        APP,
        row["mask"],
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
    """One row per selection."""
    selections, needs = _explained(row, arguments)
    person, meant = _person(row, arguments)
    told = _told(row, _judged(needs, _closed(row, person), person, meant))
    select = sql(
        "select e.n, array(select json_array_elements_text(e.selection -> 0)) path, j.visible, j.reason, j.app, "
        "case when j.of_role then 'OWNER' end role from json_array_elements({}::json) with ordinality e(selection, n) "
        "join ({}) j on j.n = (e.selection ->> 1)::int",
        selections,
        told,
    )
    return row.to.derived(membership, select, "n", "path", "visible", "reason", "app", "role")


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Company.explainAccess": Derived(_explanations, order="n", when=_is_here),
    "AccessExplanation.path": Leaf(lambda row, arguments: row["path"]),
    "AccessExplanation.visible": Leaf(lambda row, arguments: row["visible"]),
    "AccessExplanation.reason": Leaf(lambda row, arguments: row["reason"]),
    "AccessExplanation.app": Leaf(lambda row, arguments: row["app"]),
    "AccessExplanation.role": Leaf(lambda row, arguments: row["role"]),
}

HOMES: Final[Mapping[str, str]] = {"AccessExplanation": membership.name}
