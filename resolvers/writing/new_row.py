"""The row that a write would make: its values, the names of the fields that change, and what is wrong with it.

Nothing is written here. A list has one such row for each of its items.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, LiteralString

from sqlalchemy import Index

from db.sql import Rows, Sql, equals, every, join, literal, number, rows, sql
from db.tables.core.counters import counter
from resolvers.writing.declaration import WriteColumn
from resolvers.writing.judging import FIELDS, TRIAL, VALUES, JudgedSql
from resolvers.writing.keyed import KeyedSql
from resolvers.writing.owned import OwnedSql
from resolvers.writing.rules import Computed, NewRow
from resolvers.writing.values import GIVEN, created_name, followed, leads_nowhere, new_value, or_created, passes
from resolvers.writing.wholes import Wholes
from schema.declarations.writing import WriteAction, WriteKind

NUMBER: Final = "number"
"""The member that states a number of the company's own."""

NO_PROBLEMS: Final = sql("'{{}}'::text[]")


@dataclass(frozen=True, slots=True)
class NewRowSql(JudgedSql):
    """The select of `given` in the statement of a write: the row that the input makes, where it may be written.

    Of a usual input (`Usual`) lists, links, stated numbers, rules of an update and trials are left out: they would
    cost as much as the write itself.
    Of any other, the lists and the number are left out that are not among the `stated` members. `warns`: the payload
    shows what the row is warned of.
    """

    is_usual: bool
    stated: frozenset[str]
    warns: bool

    @property
    def _columns(self) -> tuple[WriteColumn, ...]:
        return self.write.columns

    @property
    def _changes(self) -> bool:
        return self.write.action is WriteAction.UPDATE

    @property
    def _is_numbered(self) -> bool:
        return self.write.rules.numbering is not None and (self.write.creates or NUMBER in self.stated)

    @property
    def _owned(self) -> list[OwnedSql | KeyedSql]:
        stated = [(n, owned) for n, owned in enumerate(self.write.lists) if owned.member in self.stated]
        return [
            OwnedSql(owned, n, self._wholes) if owned.key is None else KeyedSql(owned, owned.key, n, self._wholes)
            for n, owned in stated
        ]

    @property
    def _turn(self) -> LiteralString | None:
        """The counter on which the stated lists stand."""
        return next((one.owned.rules.turn for one in self._owned if one.owned.rules.turn is not None), None)

    # --- what is different in a list

    @property
    def _wholes(self) -> Wholes:
        """The rows to which owned rows belong."""
        return Wholes(self._parameter(VALUES, "jsonb"), self._company, self.write.creates)

    @property
    def _json(self) -> Sql:
        """The object with the values of the row that is given."""
        return self._parameter(VALUES, "jsonb")

    @property
    def _json_of_new(self) -> Sql:
        """The same beside `y`, the row that was made of it."""
        return self._json

    @property
    def _members(self) -> Sql:
        """The names of the members that the input states, beside `y`."""
        return self._parameter(FIELDS, "text[]")

    def _seeks_taken(self, member: str) -> Sql:
        """The condition under which the statement looks for what a unique index would refuse; a write meets it."""
        return self._parameter(TRIAL, "bool")

    # --- its values

    def _given(self) -> Sql:
        """The row as it would be, the names of the fields that change, and the problems that the database finds."""
        return sql("select y.*, {} from ({}) y", self._findings(), self._new_row())

    def _new_row(self) -> Sql:
        """The columns of the new row, and `changed`."""
        owner = sql("j.company_id, j.account_id, j.credential_id")
        if self.write.whole is not None:
            version = self._whole_version(self._company(sql("j")), sql("j.whole_id"))
            owner = sql("{}, j.whole_id, {} whole_version", owner, version)
        if (turn := self._turn) is not None:
            owner = sql("{}, {} turn", owner, self._read_turn(turn))
        table = Sql(self.write.table.name)
        values = self._json
        owner = join(", ", [owner, *self._effects()])
        if self.write.creates:
            columns = [sql("{} {}", value, Sql(name)) for name, value in self._new_values().items()]
            return sql(
                "select {}, {} changed, {} from judged j cross join lateral jsonb_populate_record(null::{}, {}) n "
                "where j.outcome is null",
                owner,
                self._parameter(FIELDS, "text[]"),
                join(", ", [*columns, *self._stated_number(sql("n"))]) or sql("null"),
                table,
                values,
            )
        target = rows(self.write.table, sql("t"), company=self._company(sql("j")))
        new = self._changed_values() if self._changes else {}
        columns = [sql("{} {}", value, Sql(name)) for name, value in new.items()]
        changes = [change_of(column, new[column.name]) for column in self._columns]
        changes += [owned.changed() for owned in self._owned]
        return sql(
            "select {}, t.id, t.version, array_remove(array[{}]::text[], null) changed{} "
            "from judged j join {} on {} and t.id = j.row_id{} where j.outcome is null",
            owner,
            join(", ", changes) if self._changes else sql(""),
            Sql("".join(f", {column}" for column in [*columns, *self._stated_number(sql("n"))])),
            target.source,
            every(target.where),
            sql(" cross join lateral jsonb_populate_record(t, {}) n", values) if self._changes else sql(""),
        )

    def _effects(self) -> Iterator[Sql]:
        """What is stated and no column holds, as columns of the new row."""
        for effect in self.write.effects:
            name = Sql(effect.name.removeprefix("*"))
            yield sql("({} ->> {})::numeric {}", self._json, literal(effect.name), name)

    def _new_values(self) -> dict[str, Sql]:
        """The values of a new row by column."""
        derived, json = self.write.rules.derived, self._json
        links = {
            one.name: self._or_created(one, sql("n.{}", Sql(one.name)))
            for one in self._columns
            if one.linked is not None
        }
        row = NewRow(GIVEN, self._company(sql("j")), links)
        given = {
            one.name: self._or_created(one, new_value(one, derived.get(one.name), json, row)) for one in self._columns
        }
        given |= {name: derive(row) for name, derive in self._derived().items()}
        return followed(given, self.write.rules.follows, json, self._company(sql("j")))

    def _changed_values(self) -> dict[str, Sql]:
        """The values of a changed row by column, those that stay included."""
        given = {column.name: self._or_created(column, _changed_value(column)) for column in self._columns}
        return followed(given, self.write.rules.follows, self._json, self._company(sql("j")))

    def _or_created(self, column: WriteColumn, value: Sql) -> Sql:
        """The value of a column, or the row that the caller has created with the key which the input states."""
        if column.linked is None or self.is_usual:
            return value
        return or_created(column, value, self._json, self._company(sql("j")))

    def _derived(self) -> dict[str, Computed]:
        """The columns of a new row that no member writes."""
        members = {column.name for column in self._columns}
        return {name: derive for name, derive in self.write.rules.derived.items() if name not in members}

    def _stated_number(self, name: Sql) -> list[Sql]:
        if not self._is_numbered or self.is_usual:
            return []
        return [sql("substring({}.number from '^[A-Z]([0-9]{{1,9}})$')::int stated", name)]

    def _read_turn(self, kind: LiteralString) -> Sql:
        """The counter as it is judged."""
        found = rows(counter, sql("k"), company=self._company(sql("j")))
        conditions = every([*found.where, sql("{} = {}", found["kind"], literal(kind))])
        return sql("(select {} from {} where {})", found["next"], found.source, conditions)

    # --- what is wrong with it

    def _findings(self) -> Sql:
        """The columns of the problems of the new row, and of what it is warned of."""
        warnings = sql(", {} warnings", self._warnings()) if self._has_warnings else sql("")
        return sql("{} problems{}", self._problems(), warnings)

    @property
    def _has_warnings(self) -> bool:
        return self.warns and bool(self.write.rules.warnings) and (self.write.creates or self._changes)

    def _warnings(self) -> Sql:
        """What the new row is warned of, by numbers from 0 in the entity's rules."""
        found: list[Sql] = []
        needs = {column.member: column.need for column in self.write.columns}
        for n, warning in enumerate(self.write.rules.warnings):
            conditions = [warning.is_so(NewRow(sql("y"), self._company(sql("y"))))]
            if self._changes:
                conditions.insert(0, sql("{} && array[{}]", self._members, join(", ", map(literal, warning.reads))))
            if need := needs[warning.member]:
                conditions.insert(0, sql("(select {} from judged j)", passes(need, sql("j.effective"))))
            found.append(sql("case when {} then {} end", every(conditions), number(n)))
        return sql("array_remove(array[{}]::int[], null)", join(", ", found))

    def _problems(self) -> Sql:
        """The problems of the new row, each as `code reason member`."""
        found = [
            *self._broken_rules(),
            *self._full_lists(),
            *self._full_company(),
            *([] if self.is_usual else [*self._unknown_links(), *self._taken()]),
        ]
        own = [sql("array_remove(array[{}], null)", join(", ", found))] if found else [NO_PROBLEMS]
        return join(" || ", [*own, *(problem for owned in self._owned for problem in owned.problems())])

    def _broken_rules(self) -> Iterator[Sql]:
        if not self.write.creates and (self.is_usual or not self._changes):
            return
        for rule in self.write.rules.rules:
            reads = sql("y.changed && array[{}] and ", join(", ", map(literal, rule.reads))) if rule.reads else sql("")
            problem = literal(f"{rule.code.name} {rule.reason.name if rule.reason else ''} {rule.member}")
            broken = rule.broken(NewRow(sql("y"), self._company(sql("y"))))
            yield sql("case when {}({}) then {} end", reads if self._changes else sql(""), broken, problem)

    def _full_lists(self) -> Iterator[Sql]:
        """For a new part: the list that it would be in has as many rows as it may have."""
        whole = self.write.whole
        if whole is None or not self.write.creates:
            return
        for rule in whole.lists.values():
            fits = [equals(sql("y.{}", Sql(column)), value) for column, value in rule.fixed]
            yield self._full(fits, rule.fixed, rule.longest, whole.column)

    def _full_company(self) -> Iterator[Sql]:
        """For a new row: the company has as many as it may have. Writes at the same time do not count each other."""
        most = self.write.at_most
        if most is None or not self.write.creates:
            return
        yield self._full([], self.write.fixed.items(), most)

    def _full(self, fits: list[Sql], fixed: Iterable[tuple[str, object]], most: int, whole: str | None = None) -> Sql:
        """LIMIT_REACHED for a row that `fits`, among `most` rows with these fixed values and the same `whole`."""
        there = rows(self.write.table, sql("f"), company=self._company(sql("y")))
        part = [sql("{} = y.whole_id", there[whole])] if whole is not None else []
        same = [equals(there[column], value) for column, value in fixed]
        is_there = every([*there.where, *part, sql("{} is null", there["deleted_at"]), *same])
        full = sql("exists (select from {} where {} offset {})", there.source, is_there, number(most - 1))
        problem = literal(f"LIMIT_REACHED {most} {self.write.which}")
        return sql("case when {} then {} end", every([*fits, full]), problem)

    def _unknown_links(self) -> Iterator[Sql]:
        """A link has to lead to a row of the company that is not deleted, unless it is the one that was there."""
        for column in self._columns:
            if column.linked is not None:
                yield self._unknown(column)

    def _unknown(self, column: WriteColumn) -> Sql:
        key = sql("{} ? {}", self._json_of_new, literal(created_name(column.name)))
        stated = sql("({} = any(y.changed) or {}) and ", literal(column.member), key)
        return sql(
            "case when {}({} or {} and y.{} is null) then {} end",
            stated if self._changes else sql(""),
            leads_nowhere(column, sql("y"), self._company(sql("y"))),
            key,
            Sql(column.name),
            literal(f"NOT_FOUND  {column.member}"),
        )

    def _taken(self) -> Iterator[Sql]:
        """What a unique index would refuse, with the id of the row that has it, if the caller sees that."""
        for member, column, value, among in self._unique_values():
            other = rows(self.write.table, sql("o"), company=self._company(sql("y")))
            another = sql(" and {} <> y.id", other["id"]) if self._changes else sql("")
            yield sql(
                "case when {} then (select {} || case when {} then {} || encode(uuid_send({}), 'hex') else '' end "
                "from {} where {} and {} = {}{} limit 1) end",
                self._seeks_taken(member),
                literal(f"TAKEN  {member}"),
                self._is_seen(other),
                literal(f" {self.write.prefix}_"),
                other["id"],
                other.source,
                every([*other.where, *among]),
                other[column],
                value,
                another,
            )

    def _is_seen(self, other: Rows) -> Sql:
        """The condition that who may write rows sees another one of the table: it is of the type, and not deleted."""
        carried = self._carried(other, sql("(select j.effective from judged j)"))
        return every([sql("{} is null", other["deleted_at"]), *self._fixed(other), *carried])

    def _unique_values(self) -> Iterator[tuple[str, str, Sql, list[Sql]]]:
        """The columns whose values are unique: the member that states one, the column, the value, and of which rows."""
        unique = {
            tuple(str(column.name) for column in index.columns if column.name != "company_id"): _among(index)
            for index in self.write.table.indexes
            if index.unique
        }
        for column in self._columns:
            if (column.name,) in unique:
                yield column.member, column.name, sql("y.{}", Sql(column.name)), unique[(column.name,)]
        if self._is_numbered:
            yield "number", "sequence_number", sql("y.stated"), []


# --- pieces ---------------------------------------------------------------------------------------------------------


def _among(index: Index) -> list[Sql]:
    """The condition of the rows that an index has, if it does not have all."""
    where = index.dialect_options["postgresql"]["where"]
    return [] if where is None else [Sql(str(where))]


def _changed_value(column: WriteColumn) -> Sql:
    """The value of a column in a changed row; what is on already is so since then."""
    name = Sql(column.name)
    if column.rule.kind is WriteKind.SINCE:
        return sql("case when n.{} is not null then coalesce(t.{}, n.{}) end", name, name, name)
    return sql("n.{}", name)


def change_of(column: WriteColumn, new: Sql) -> Sql:
    """The name of a column's member if its value changes, else null; `t` is the row as it is stored."""
    return sql("case when {} is distinct from t.{} then {} end", new, Sql(column.name), literal(column.member))
