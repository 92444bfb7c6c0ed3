"""The row that a write would make: its values, the names of the fields that change, and its problems.

Nothing is written here. A list has one such row for each of its items.
"""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Final, LiteralString

from db.declarations import Index
from db.sql import Rows, Sql, equals, every, join, literal, number, rows, sql
from db.tables.core.counters import counter
from resolvers.writing.declaration import WriteColumn
from resolvers.writing.judging import FIELDS, TRIAL, JudgedSql, named_columns
from resolvers.writing.keyed import KeyedSql
from resolvers.writing.owned import OwnedSql
from resolvers.writing.record import JsonRecord, ParameterRecord, Record, WholeRecord
from resolvers.writing.rules import Computed, NewRow
from resolvers.writing.values import created_name, leads_nowhere, new_value, or_created, passes, with_following
from resolvers.writing.wholes import Wholes
from schema.declarations.writing import WriteAction, WriteKind

NUMBER: Final = "number"
"""The member that states a number of the company's own."""

NO_PROBLEMS: Final = sql("'{{}}'::text[]")


@dataclass(frozen=True)
class NewRowSql(JudgedSql):
    """The select of `given` in the statement of a write: the row that the input makes, where it may be written.

    Of a usual input (`Usual`) lists, links, stated numbers, rules of an update and trials are left out: they would
    cost as much as the write itself.
    Any other input has only those lists and the number that are among the `stated` members. `warns`: the payload shows
    the warnings for the row.
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

    # --- different in a list

    @property
    def _wholes(self) -> Wholes:
        """The rows to which owned rows belong."""
        return Wholes(self._values, self._company, self.write.creates)

    @property
    def _json(self) -> Sql:
        """The object with the values of the row that is given."""
        return self._values

    @cached_property
    def _record(self) -> Record:
        """The record of the row's stated columns."""
        return ParameterRecord(self.ctx) if self.write.creates else WholeRecord(self._json, sql("n.r"))

    @property
    def _stored(self) -> JsonRecord:
        """The row that an update changes, as it is stored."""
        return WholeRecord(self._json, sql("n.t"))

    @property
    def _json_of_new(self) -> Sql:
        """The same object beside `y`, the row that was made from it."""
        return self._json

    @property
    def _members(self) -> Sql:
        """The names of the members that the input states, beside `y`."""
        return self._parameter(FIELDS, "text[]")

    def _seeks_taken(self, member: str) -> Sql:
        """The condition to look for values that a unique index would refuse; a write meets the index."""
        return self._parameter(TRIAL, "bool")

    # --- its values

    def _given(self, *readers: Sql) -> Sql:
        """The row as it would be, the names of the fields that change, and the problems that the database finds.

        Of the row it has the columns that the `readers` name.
        """
        findings = self._findings()
        named = named_columns("g", *readers) | named_columns("y", findings)
        return sql("select y.*, {} from ({}) y", findings, self._new_row(named))

    def _new_row(self, named: Set[str]) -> Sql:
        """The `named` columns of the new row, and `changed`."""
        owner = sql("j.company_id, j.account_id, j.credential_id")
        if self.write.whole is not None:
            version = self._whole_version(self._company(sql("j")), sql("j.whole_id"))
            owner = sql("{}, j.whole_id, {} whole_version", owner, version)
        if (turn := self._turn) is not None:
            owner = sql("{}, {} turn", owner, self._read_turn(turn))
        owner = join(", ", [owner, *self._effects()])
        new = self._values_by_column
        columns = [sql("{} {}", value, Sql(name)) for name, value in new.items() if name in named]
        columns += self._stated_number()
        if self.write.creates:
            return sql(
                "select {}, {} changed, {} from judged j where j.outcome is null",
                owner,
                self._parameter(FIELDS, "text[]"),
                join(", ", columns) or sql("null"),
            )
        changes = [change_of(column, new[column.name], self._stored[column.column]) for column in self._columns]
        changes += [owned.changed() for owned in self._owned]
        return sql(
            "select {}, n.id, n.version, array_remove(array[{}]::text[], null) changed{} "
            "from judged j cross join lateral ({} offset 0) n where j.outcome is null",
            owner,
            join(", ", changes) if self._changes else sql(""),
            Sql("".join(f", {column}" for column in [*columns, *([sql("n.r")] if self._changes else [])])),
            self._stored_row(),
        )

    def _stored_row(self) -> Sql:
        """The stored row: its key and version, and for a change also its record `t` and the record of the changed row.

        Records are one column each: every further one costs something at each node of the plan.
        """
        target = rows(self.write.table, sql("t"), company=self._company(sql("j")))
        return sql(
            "select {}, {}{} from {} where {} and {} = j.row_id",
            target["id"],
            target["version"],
            sql(", t, jsonb_populate_record(t, {}) r", self._json) if self._changes else sql(""),
            target.source,
            every(target.where),
            target["id"],
        )

    def _effects(self) -> Iterator[Sql]:
        """The stated values that no column holds, as columns of the new row."""
        for effect in self.write.effects:
            name = Sql(effect.name.removeprefix("*"))
            yield sql("({} ->> {})::numeric {}", self._json, literal(effect.name), name)

    @cached_property
    def _values_by_column(self) -> dict[str, Sql]:
        """The values of the row by column; none where it is deleted or restored."""
        if self.write.creates:
            return self._new_values()
        return self._changed_values() if self._changes else {}

    def _new_values(self) -> dict[str, Sql]:
        """The values of a new row by column."""
        derived, record = self.write.rules.derived, self._record
        stated = {one.name: self._or_created(one, record[one.column]) for one in self._columns}
        row = NewRow(sql("n"), self._company(sql("j")), stated)
        given = {
            one.name: self._or_created(one, new_value(one, derived.get(one.name), record, row)) for one in self._columns
        }
        given |= {name: derive(row) for name, derive in self._derived().items()}
        return with_following(given, self.write.rules.follows, record, self._company(sql("j")))

    def _changed_values(self) -> dict[str, Sql]:
        """The values of a changed row by column, those that stay included."""
        record = self._record
        given = {
            one.name: self._or_created(one, _changed_value(one, record[one.column], self._stored[one.column]))
            for one in self._columns
        }
        return with_following(given, self.write.rules.follows, record, self._company(sql("j")))

    def _or_created(self, column: WriteColumn, value: Sql) -> Sql:
        """The value of a column, or the row that the caller has created with the key which the input states."""
        if column.linked is None or self.is_usual:
            return value
        return or_created(column, value, self._json, self._company(sql("j")))

    def _derived(self) -> dict[str, Computed]:
        """The columns of a new row that no member writes."""
        members = {column.name for column in self._columns}
        return {name: derive for name, derive in self.write.rules.derived.items() if name not in members}

    def _stated_number(self) -> list[Sql]:
        if not self._is_numbered or self.is_usual:
            return []
        number = self._record[self.write.table.columns["number"]]
        return [sql("substring({} from '^[A-Z]([0-9]{{1,9}})$')::int stated", number)]

    def _read_turn(self, kind: LiteralString) -> Sql:
        """The counter as it is judged."""
        found = rows(counter, sql("k"), company=self._company(sql("j")))
        conditions = every([*found.where, sql("{} = {}", found["kind"], literal(kind))])
        return sql("(select {} from {} where {})", found["next"], found.source, conditions)

    # --- its problems

    def _findings(self) -> Sql:
        """The columns with the problems of the new row and its warnings."""
        warnings = sql(", {} warnings", self._warnings()) if self._has_warnings else sql("")
        return sql("{} problems{}", self._problems(), warnings)

    @property
    def _has_warnings(self) -> bool:
        return self.warns and bool(self.write.rules.warnings) and (self.write.creates or self._changes)

    def _warnings(self) -> Sql:
        """The warnings for the new row, by numbers from 0 in the entity's rules."""
        found: list[Sql] = []
        needs = {column.member: column.need for column in self.write.columns}
        for n, warning in enumerate(self.write.rules.warnings):
            conditions = [warning.is_so(self._new)]
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

    @cached_property
    def _new(self) -> NewRow:
        """The new row where its problems are found."""
        return self._row(sql("y"))

    def _row(self, name: Sql) -> NewRow:
        """The new row under a name; values that are as stated are read from the record."""
        there = self._record.under(name)
        return NewRow(name, self._company(name), {one.name: there[one.column] for one in self._as_stated})

    @cached_property
    def _as_stated(self) -> list[WriteColumn]:
        """The columns whose values are as they are stated."""
        values, record = self._values_by_column, self._record
        return [one for one in self._columns if values[one.name] == record[one.column]]

    def _broken_rules(self) -> Iterator[Sql]:
        if not self.write.creates and (self.is_usual or not self._changes):
            return
        for rule in self.write.rules.rules:
            reads = sql("y.changed && array[{}] and ", join(", ", map(literal, rule.reads))) if rule.reads else sql("")
            problem = literal(f"{rule.code.name} {rule.reason.name if rule.reason else ''} {rule.member}")
            broken = rule.broken(self._new)
            yield sql("case when {}({}) then {} end", reads if self._changes else sql(""), broken, problem)

    def _full_lists(self) -> Iterator[Sql]:
        """For a new part: the list that it would be in has as many rows as it may have."""
        whole = self.write.whole
        if whole is None or not self.write.creates:
            return
        for rule in whole.lists.values():
            fits = [equals(self._new[column], value) for column, value in rule.fixed]
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
        stated, value = sql("({} = any(y.changed) or {}) and ", literal(column.member), key), self._new[column.name]
        return sql(
            "case when {}({} or {} and {} is null) then {} end",
            stated if self._changes else sql(""),
            leads_nowhere(column, value, self._company(sql("y"))),
            key,
            value,
            literal(f"NOT_FOUND  {column.member}"),
        )

    def _taken(self) -> Iterator[Sql]:
        """The values that a unique index would refuse, with the ids of their rows, if the caller sees these."""
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
        """The condition that the caller sees another row of the table: it is of the type, and not deleted."""
        carried = self._carried(other, sql("(select j.effective from judged j)"))
        return every([sql("{} is null", other["deleted_at"]), *self._fixed(other), *carried])

    def _unique_values(self) -> Iterator[tuple[str, str, Sql, list[Sql]]]:
        """The columns with unique values: member, column, value, and the conditions of the rows in the index."""
        unique = {
            tuple(column for column in index.columns if column != "company_id"): _among(index)
            for index in self.write.table.indexes
            if index.unique
        }
        for column in self._columns:
            if (column.name,) in unique:
                yield column.member, column.name, self._new[column.name], unique[(column.name,)]
        if self._is_numbered:
            yield "number", "sequence_number", sql("y.stated"), unique[("sequence_number",)]


# --- pieces ---------------------------------------------------------------------------------------------------------


def _among(index: Index) -> list[Sql]:
    """The condition of the rows that an index has, if it does not have all."""
    return [] if index.where is None else [Sql(index.where)]


def _changed_value(column: WriteColumn, given: Sql, stored: Sql) -> Sql:
    """The value of a column in a changed row; something already switched on keeps its time."""
    if column.rule.kind is WriteKind.SINCE:
        return sql("case when {} is not null then coalesce({}, {}) end", given, stored, given)
    return given


def change_of(column: WriteColumn, new: Sql, stored: Sql) -> Sql:
    """The name of a column's member if its value changes, else null."""
    return sql("case when {} is distinct from {} then {} end", new, stored, literal(column.member))
