"""The rows of a list that belong to the written row: they are merged by id, under the version of the row.

An item with the id of a row keeps that row and changes what it states, an item without one is new, and a row that no
item names is deleted. Rows of another list of the same table, which the caller may not see, stay. Rows with a position
have that of their item.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from db.sql import Rows, Sql, alias, every, join, literal, rows, sql
from resolvers.compilation.table_mapping import TableOf
from resolvers.writing.declaration import OwnedList, WriteColumn
from resolvers.writing.record import JsonRecord
from resolvers.writing.rules import NewRow
from resolvers.writing.values import created_name, new_value, or_created
from resolvers.writing.wholes import Wholes


@dataclass(frozen=True, slots=True)
class OwnedSql:
    """The common table expressions of one list: the n-th of those that the `wholes` have."""

    owned: OwnedList
    n: int
    wholes: Wholes

    def company(self, row: Sql) -> Sql:
        """The company of a row of the statement."""
        return self.wholes.company(row)

    def _json(self, of: Sql) -> Sql:
        """The items beside a row that stands for a whole."""
        return sql("{} -> {}", of, literal(self.owned.json_key))

    @property
    def _items(self) -> Sql:
        return alias("items", self.n)

    def before(self) -> tuple[Sql, Sql]:
        """The name and the select of the items, each beside the row that it keeps."""
        return self._items, self._read()

    def after(self) -> Iterator[tuple[Sql, Sql]]:
        """The names and the statements that write the items, once the row is written."""
        yield alias("added", self.n), self._add()
        if not self.wholes.are_new:
            yield alias("kept", self.n), self._keep()
            yield alias("removed", self.n), self._remove()

    # --- the items

    def _stored(self, name: Sql, of_company: Sql, parent: Sql) -> tuple[Rows, Sql]:
        """The rows of the list as they are stored, and the conditions."""
        found = rows(self.owned.table, name, company=of_company)
        fixed = [sql("{} = {}", found[column], literal(value)) for column, value in self.owned.rule.fixed]
        there = [*found.where, sql("{} = {}", found[self.owned.parent], parent)]
        if self._is_versioned:
            there.append(sql("{} is null", found["deleted_at"]))
        return found, every([*there, *fixed])

    @property
    def _is_versioned(self) -> bool:
        """True for rows that have a version, and stay in the table when they are deleted."""
        return "deleted_at" in self.owned.table.columns

    @property
    def _is_placed(self) -> bool:
        return "position" in self.owned.table.columns

    def _read(self) -> Sql:
        derived, record = self.owned.rules.derived, JsonRecord(sql("e.item"), sql("n"))
        values: list[Sql] = []
        changes: dict[str, Sql] = {}
        for column in self.owned.columns:
            name = Sql(column.name)
            new = new_value(column, derived.get(column.name), record, NewRow(sql("n"), self.company(sql("j"))))
            value = sql("case when c.id is null then {} else n.{} end", new, name)
            if column.linked is not None:
                value = or_created(column, value, sql("e.item"), self.company(sql("j")))
                by_key = sql("e.item ? {}", literal(created_name(column.name)))
                is_new = sql("c.id is null and {0} is not null or {0} <> c.{1}", value, name)
                values.append(sql("{} or {} new_{}", by_key, is_new, name))
            values.append(sql("{} {}", value, name))
            changes[column.member] = sql("{} is distinct from c.{}", value, name)
        if self._is_placed:
            values.append(sql("e.n position"))
            changes["*position"] = sql("e.n <> c.position")
        for n, rule in enumerate(self.owned.rules.rules):
            read = [changes[member] for member in rule.reads if member in changes] or list(changes.values())
            values.append(sql("c.id is null or {} {}", join(" or ", read), alias("judged", n)))
        return sql(
            "select j.company_id, {} whole, e.n{}, (e.item ->> 'id')::uuid id, c.id is not null found, "
            "c.id is null or {} is_changed, {} from {} "
            "cross join lateral jsonb_array_elements({}) with ordinality e(item, n) {} n where {}",
            self.wholes.key,
            self.wholes.nth,
            join(" or ", list(changes.values())),
            join(", ", values),
            self.wholes.judged,
            self._json(self.wholes.item),
            self._beside(),
            self.wholes.is_judged,
        )

    def _beside(self) -> Sql:
        """The joins of the row `c` that an item keeps, if any, and of the record that it makes.

        `offset 0` keeps PostgreSQL from reading all rows of the company, where it expects many items.
        """
        if self.wholes.are_new:
            return sql(
                "cross join lateral (select (null::{0}).*) c "
                "cross join lateral jsonb_populate_record(null::{0}, e.item - 'id')",
                Sql(self.owned.table.name),
            )
        stored, conditions = self._stored(sql("c"), self.company(sql("j")), self.wholes.key)
        named = sql("{} and {} = (e.item ->> 'id')::uuid", conditions, stored["id"])
        if not self.wholes.are_several:
            return sql(
                "left join {} on {} cross join lateral jsonb_populate_record(c, e.item - 'id')", stored.source, named
            )
        return sql(
            "left join lateral (select c stored from {} where {} offset 0) k on true "
            "cross join lateral (select (k.stored).*) c "
            "cross join lateral jsonb_populate_record(k.stored, e.item - 'id')",
            stored.source,
            named,
        )

    def changed(self) -> Sql:
        """The member if its rows change, else null; `t` is the written row as it is stored."""
        stored, conditions = self._stored(sql("c"), self.company(sql("j")), self.wholes.key)
        own = self.wholes.own(sql("e"))
        return sql(
            "case when {} is not null and (exists (select from {} i where i.is_changed{}) or exists (select from {} "
            "where {} and not exists (select from {} i where i.id = {}{}))) then {} end",
            self._json(self.wholes.given),
            self._items,
            own,
            stored.source,
            conditions,
            self._items,
            stored["id"],
            own,
            literal(self.owned.member),
        )

    def problems(self) -> Iterator[Sql]:
        """Arrays of problems: ids that name no row of the list, links to nothing, and rows that break a rule."""
        unknown = sql("i.id is not null and not i.found")
        yield self._problem(unknown, "NOT_FOUND ", "id")
        for column in self.owned.columns:
            if column.linked is not None:
                yield self._problem(self._unknown(column, column.linked), "NOT_FOUND ", column.member)
        for n, rule in enumerate(self.owned.rules.rules):
            reason = rule.reason.name if rule.reason is not None else ""
            broken = rule.broken(NewRow(sql("i"), self.company(sql("i")), listed=self._items))
            known = sql("(i.id is null or i.found) and i.{} and ({})", alias("judged", n), broken)
            yield self._problem(known, f"{rule.code.name} {reason}", rule.member)

    def _unknown(self, column: WriteColumn, linked: TableOf) -> Sql:
        """The problem of a new or changed row with a link that leads to no row."""
        found, name = rows(linked.table, sql("l"), company=self.company(sql("i"))), Sql(column.name)
        named = every([*found.where, sql("{} = i.{}", found["id"], name), *linked.current(found)])
        return sql(
            "(i.id is null or i.found) and i.new_{} and not exists (select from {} where {} offset 0)",
            name,
            found.source,
            named,
        )

    def _problem(self, broken: Sql, code: str, member: str) -> Sql:
        return sql(
            "(select coalesce(array_agg({} || (i.n - 1) || {} order by i.n), '{{}}') from {} i where {}{})",
            literal(f"{code} {self.owned.member}."),
            literal(f".{member}"),
            self._items,
            broken,
            self.wholes.own(sql("y")),
        )

    # --- it is written

    def _keep(self) -> Sql:
        target, conditions = self._stored(sql("t"), self.company(sql("w")), self.wholes.holder)
        columns = [sql("{} = i.{}", name, name) for name in self._names]
        return sql(
            "update {} set {} from {}{} i where {}{} and {} = i.id and i.is_changed",
            target.source,
            join(", ", [*columns, *self._raised(target, self.wholes.writer)]),
            self.wholes.merged,
            self._items,
            conditions,
            self.wholes.among(target[self.owned.parent]),
            target["id"],
        )

    @property
    def _names(self) -> list[Sql]:
        """The columns that an item fills."""
        names = [column.name for column in self.owned.columns]
        return [Sql(name) for name in (*names, *(("position",) if self._is_placed else ()))]

    def _raised(self, target: Rows, writer: Sql) -> list[Sql]:
        """The assignments that record the change of a row, and its writer."""
        if not self._is_versioned:
            return []
        return [sql("version = {} + 1, updated_at = now(), updated_by = {}", target["version"], writer)]

    def _add(self) -> Sql:
        columns: dict[str, Sql] = {name: sql("i.{}", name) for name in self._names}
        columns |= {name: literal(value) for name, value in self.owned.rule.fixed}
        columns |= {"company_id": self.company(sql("w")), self.owned.parent: sql("w.id")}
        if self._is_versioned:
            columns |= {"created_by": sql("w.updated_by"), "updated_by": sql("w.updated_by")}
        return sql(
            "insert into {} ({}) select {} from {} cross join {} i where i.id is null{} order by {}i.n",
            Sql(self.owned.table.name),
            join(", ", map(Sql, columns)),
            join(", ", columns.values()),
            self.wholes.written,
            self._items,
            self.wholes.own(sql("g")),
            self.wholes.order,
        )

    def _remove(self) -> Sql:
        target, conditions = self._stored(sql("t"), self.company(sql("w")), sql("w.id"))
        unnamed = sql(
            "{} and {} and not exists (select from {} i where i.id = {}{})",
            conditions,
            self.wholes.states(self.owned.json_key, self.n),
            self._items,
            target["id"],
            self.wholes.own(sql("g")),
        )
        written = self.wholes.written
        if not self._is_versioned:
            return sql("delete from {} using {} where {}", target.source, written, unnamed)
        changed = join(", ", [sql("deleted_at = now()"), *self._raised(target, sql("w.updated_by"))])
        return sql("update {} set {} from {} where {}", target.source, changed, written, unnamed)
