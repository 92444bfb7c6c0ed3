"""The values of columns in a new row: the stated ones, else the defaults.

The SQL stands where `j` is the judged caller in the company.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from db.declarations import Column
from db.sql import Sql, every, join, literal, number, rows, sql
from db.tables.core.changes import change
from db.tables.core.identity import company as companies
from db.tables.core.settings import company_settings
from resolvers.gates.needs import Need
from resolvers.writing.declaration import WriteColumn
from resolvers.writing.record import Record
from resolvers.writing.rules import Computed, Following, NewRow
from schema.apps import CATALOGUE, App
from schema.declarations.gates import Gate
from schema.declarations.writing import COMPANY

BY_KEY: Final = "key:"
"""The beginning of an id that stands for a row which the caller has created with the idempotency key after it."""


def new_value(column: WriteColumn, derive: Computed | None, record: Record, row: NewRow) -> Sql:
    """The value of a column; `record` has the stated columns, `row` is read by derived values.

    The default of a column that may be null is filled only where its apps are active in the company.
    """
    given, defaults = record[column.column], list(_defaults(column, derive, row))
    if not defaults:
        return given
    if not column.column.nullable:  # null was refused, so it stands for a value that was left out
        return sql("coalesce({}, {})", given, join(", ", defaults))
    active = sql(" when not ({}) then null", passes(column.need, sql("j.company_mask"))) if column.need else sql("")
    return sql("case when {} then {}{} else {} end", record.states([column.name]), given, active, defaults[0])


def _defaults(column: WriteColumn, derive: Computed | None, row: NewRow) -> Iterator[Sql]:
    default = column.rule.default
    if derive is not None:
        yield derive(row)
    if default is COMPANY:
        yield of_company(column.name, row.company)
    elif default is not None:
        yield literal(str(default))
    if not column.column.nullable and (stored := server_default(column.column)) is not None:
        yield stored


def created_name(column: str) -> str:
    """The name in the JSON of an input for the key with which the linked row of a column was created."""
    return f"{BY_KEY}{column}"


def or_created(column: WriteColumn, value: Sql, json: Sql, company: Sql) -> Sql:
    """The value of a link, or the row that the caller has created with the key which the JSON states."""
    found = rows(change, sql("h"), company=company)
    key = sql("{} ->> {}", json, literal(created_name(column.name)))
    conditions = [
        *found.where,
        sql("{} = j.account_id", found["actor_id"]),
        sql("{} = {}", found["operation"], literal(f"create{column.linked_type}")),
        sql("{} = {}", found["idempotency_key"], key),
    ]
    created = sql("(select {} from {} where {})", found["key"], found.source, every(conditions))
    return sql("case when {} is null then {} else {} end", key, value, created)


def with_following(
    values: Mapping[str, Sql], follows: Mapping[str, Following], record: Record, company: Sql
) -> dict[str, Sql]:
    """The values of columns; those that follow from others are computed."""
    found = dict(values)
    for name, following in follows.items():
        value = following.value(NewRow(sql("n"), company, dict(found)))
        found[name] = sql("case when {} then {} else {} end", record.states(following.stated), value, found[name])
    return found


def of_company(name: str, key: Sql) -> Sql:
    """The value of a column in the settings of a company, also before it has any; else in the company itself."""
    table = company_settings if name in company_settings.columns else companies
    found = rows(table, sql("s"), company=key)
    conditions = found.where or (sql("s.id = {}", key),)
    value = sql("(select {} from {} where {})", found[name], found.source, every(conditions))
    usual = server_default(table.columns[name])
    return value if usual is None else sql("coalesce({}, {})", value, usual)


def server_default(column: Column) -> Sql | None:
    """The default of PostgreSQL for a column."""
    return Sql(column.default) if column.default is not None else None


def leads_nowhere(column: WriteColumn, key: Sql, company: Sql) -> Sql:
    """The condition that the `key` in a column with a link leads to no row of the company, or to one that has ended.

    `offset 0` keeps PostgreSQL from reading all rows of the company for it, where it expects many rows with links.
    """
    assert column.linked is not None
    found = rows(column.linked.table, sql("l"), company=company)
    known = every([*found.where, sql("{} = {}", found["id"], key), *column.linked.current(found)])
    return sql("{} is not null and not exists (select from {} where {} offset 0)", key, found.source, known)


def passes(need: Need, mask: Sql, role: Sql | None = None) -> Sql:
    """The condition that a mask has every app of a need, and that the need has the `role`; only types need a role."""
    return every(_passes_gate(gate, mask, role) for gate in need)


def _passes_gate(gate: Gate, mask: Sql, role: Sql | None) -> Sql:
    if isinstance(gate, App):
        return sql("get_bit({}, {}) = 1", mask, number(CATALOGUE[gate].position))
    assert role is not None, "the boot check refuses members with roles"
    return sql("coalesce({} = {}, false)", role, literal(gate.name))
