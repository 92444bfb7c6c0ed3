"""The rows of a list that are named by a key of their own, such as the tier of a price: they are merged by it.

An item changes the row of its key or makes it; one whose value is null removes it. Rows that no item names stay, and
so does what an item does not state.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from db.sql import Rows, Sql, alias, every, join, literal, rows, sql
from resolvers.writing.declaration import OwnedList, WriteColumn
from resolvers.writing.rules import NewRow
from resolvers.writing.values import leads_nowhere
from resolvers.writing.wholes import Wholes


@dataclass(frozen=True, slots=True)
class KeyedSql:
    """The common table expressions of one list: the n-th of those that the `wholes` have."""

    owned: OwnedList
    key: WriteColumn
    n: int
    wholes: Wholes

    def company(self, row: Sql) -> Sql:
        """The company of a row of the statement."""
        return self.wholes.company(row)

    @property
    def _items(self) -> Sql:
        return alias("items", self.n)

    @property
    def _others(self) -> list[Sql]:
        return [Sql(column.name) for column in self.owned.columns if column is not self.key]

    @property
    def _key(self) -> Sql:
        return Sql(self.key.name)

    def before(self) -> tuple[Sql, Sql]:
        """The name and the select of the items, each beside the row of its key."""
        removes = sql("n.{} is null", Sql(self.owned.value))
        values = {name: self._value(name) for name in self._others}
        differs = join(" or ", [sql("{} is distinct from c.{}", value, name) for name, value in values.items()])
        return self._items, sql(
            "select j.company_id, {} whole, e.n{}, {} removes, c.id is not null found, "
            "case when {} then c.id is not null else c.id is null or {} end is_changed, {} from {} "
            "cross join lateral jsonb_array_elements({} -> {}) with ordinality e(item, n) "
            "cross join lateral jsonb_populate_record(null::{}, e.item) n left join {} where {}",
            self.wholes.key,
            self.wholes.nth,
            removes,
            removes,
            differs,
            join(", ", [sql("n.{}", self._key), *(sql("{} {}", value, name) for name, value in values.items())]),
            self.wholes.judged,
            self.wholes.item,
            literal(self.owned.json_key),
            Sql(self.owned.table.name),
            self._beside(),
            self.wholes.is_judged,
        )

    def _beside(self) -> Sql:
        """The row `c` with the key of an item, for a left join.

        `offset 0` keeps PostgreSQL from reading all rows of the company, where it expects many items.
        """
        if self.wholes.are_new:
            return sql("lateral (select (null::{}).*) c on true", Sql(self.owned.table.name))
        stored, conditions = self._stored(sql("c"), self.company(sql("j")), self.wholes.key, sql("n"))
        if not self.wholes.are_several:
            return sql("{} on {}", stored.source, conditions)
        return sql("lateral (select c.* from {} where {} offset 0) c on true", stored.source, conditions)

    def _value(self, name: Sql) -> Sql:
        """The value of a column of an item; one that the item does not state is as in the row of its key."""
        if name == self.owned.value:
            return sql("n.{}", name)
        return sql("case when e.item ? {} then n.{} else c.{} end", literal(str(name)), name, name)

    def _stored(self, name: Sql, of_company: Sql, parent: Sql, item: Sql) -> tuple[Rows, Sql]:
        """The row with the key of an item, and the conditions."""
        found = rows(self.owned.table, name, company=of_company)
        own = sql("{} = {}", found[self.owned.parent], parent)
        return found, every([*found.where, own, sql("{} = {}.{}", found[self.key.name], item, self._key)])

    def changed(self) -> Sql:
        """The member if its rows change, else null."""
        member = literal(self.owned.member)
        own = self.wholes.own(sql("e"))
        return sql("case when exists (select from {} i where i.is_changed{}) then {} end", self._items, own, member)

    def problems(self) -> Iterator[Sql]:
        """Arrays of problems: keys of nothing, and rows that break a rule."""
        if self.key.linked is not None:
            yield self._problem(
                leads_nowhere(self.key, sql("i.{}", self._key), self.company(sql("i"))), "NOT_FOUND ", self.key.member
            )
        for rule in self.owned.rules.rules:
            reason = rule.reason.name if rule.reason is not None else ""
            broken = sql(
                "not i.removes and ({})", rule.broken(NewRow(sql("i"), self.company(sql("i")), listed=self._items))
            )
            yield self._problem(broken, f"{rule.code.name} {reason}", rule.member)

    def _problem(self, broken: Sql, code: str, member: str) -> Sql:
        return sql(
            "(select coalesce(array_agg({} || (i.n - 1) || {} order by i.n), '{{}}') from {} i where {}{})",
            literal(f"{code} {self.owned.member}."),
            literal(f".{member}"),
            self._items,
            broken,
            self.wholes.own(sql("y")),
        )

    def after(self) -> Iterator[tuple[Sql, Sql]]:
        """The names and the statements that write the items, once the row is written."""
        yield alias("added", self.n), self._add()
        if not self.wholes.are_new:
            yield alias("kept", self.n), self._keep()
            yield alias("removed", self.n), self._remove()

    def _target(self) -> tuple[Sql, Sql]:
        """The stored rows, and the written ones with the items that name them, under the conditions."""
        target, conditions = self._stored(sql("t"), self.company(sql("w")), self.wholes.holder, sql("i"))
        among = self.wholes.among(target[self.owned.parent])
        return target.source, sql("{}{} i where {}{}", self.wholes.merged, self._items, conditions, among)

    def _keep(self) -> Sql:
        target, named = self._target()
        values = join(", ", [sql("{} = i.{}", name, name) for name in self._others])
        return sql("update {} set {} from {} and i.is_changed and not i.removes", target, values, named)

    def _add(self) -> Sql:
        names = [self._key, *self._others]
        return sql(
            "insert into {} (company_id, {}, {}) select {}, w.id, {} from {} cross join {} i "
            "where not i.found and not i.removes{} order by {}i.n",
            Sql(self.owned.table.name),
            Sql(self.owned.parent),
            join(", ", names),
            self.company(sql("w")),
            join(", ", [sql("i.{}", name) for name in names]),
            self.wholes.written,
            self._items,
            self.wholes.own(sql("g")),
            self.wholes.order,
        )

    def _remove(self) -> Sql:
        target, named = self._target()
        return sql("delete from {} using {} and i.removes", target, named)
