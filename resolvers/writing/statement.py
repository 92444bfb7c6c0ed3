"""The statement of a declared mutation: it judges the caller, writes one row, and reads the payload from what it wrote.

`viewer → judged → given → number → written → trail`. Nothing is locked for rights. On refusal nothing is given, so
nothing is written: there is nothing to undo. An update that needs a counter locks its row before it, as lists do. The
text depends on the mutation and the selection alone; the values travel as one JSON, the used apps as one mask.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, LiteralString

from sqlalchemy import Index

from db.sql import TRUE, Sql, alias, equals, every, join, literal, number, rows, sql
from db.tables.core.counters import counter
from resolvers.writing.declaration import Whole, WriteColumn
from resolvers.writing.judging import DIGEST, FIELDS, KEY, TRIAL, VALUES, VERSION, JudgedSql
from resolvers.writing.keyed import KeyedSql
from resolvers.writing.owned import OwnedSql
from resolvers.writing.rules import Computed, NewRow
from resolvers.writing.values import GIVEN, created_name, followed, leads_nowhere, new_value, or_created
from schema.declarations.writing import WriteAction, WriteKind

NUMBER: Final = "number"
"""The member that states a number of the company's own."""

NO_PROBLEMS: Final = sql("'{{}}'::text[]")
NEW: Final = NewRow(sql("y"), sql("y.company_id"))

KINDS: Final = {
    WriteAction.CREATE: literal("CREATED"),
    WriteAction.UPDATE: literal("CHANGED"),
    WriteAction.DELETE: literal("DELETED"),
    WriteAction.RESTORE: literal("RESTORED"),
}


@dataclass(frozen=True, slots=True)
class WriteSql(JudgedSql):
    """Adds the common table expressions of a declared mutation to a statement.

    Of a usual input (`Usual`) lists, links, stated numbers, rules of an update and trials are left out: they would
    cost as much as the write itself.
    Of any other, the lists and the number are left out that are not among the `stated` members.
    """

    is_usual: bool
    stated: frozenset[str]

    def add(self) -> Sql:
        """Add them all. Returns the select of the outcome, whose columns `Outcome` names."""
        self.ctx.writes = self.ctx.speaks = True
        self._common(sql("judged"), self.judged())
        for owned in self._owned:
            self._common(*owned.before())
        self._common(sql("given"), self._given())
        if self._counts_later:
            self._common(sql("locked"), self._locked())
        if self._is_numbered:
            self._common(sql("number"), self._number())
        if self.write.whole is not None:
            self._common(sql("raised"), self._raised())
        if (turn := self._turn) is not None:
            self._common(sql("turn"), self._taken_turn(turn))
        self._common(sql("written"), self._written())
        for owned in self._owned:
            for name, statement in owned.after():
                self._common(name, statement)
        self._affect()
        self._common(sql("trail"), self._trail())
        return self._outcome()

    @property
    def _owned(self) -> list[OwnedSql | KeyedSql]:
        values = self._parameter(VALUES, "jsonb") if self.write.lists else sql("")
        return [
            OwnedSql(owned, n, values) if owned.key is None else KeyedSql(owned, owned.key, n, values)
            for n, owned in enumerate(self.write.lists)
            if owned.member in self.stated
        ]

    @property
    def _turn(self) -> LiteralString | None:
        """The counter on which the stated lists stand."""
        return next((one.owned.rules.turn for one in self._owned if one.owned.rules.turn is not None), None)

    def _affect(self) -> None:
        """Add the effects of what the input states."""
        for n, effect in enumerate(self.write.rules.effects):
            if effect.reads in self.stated:
                self._common(alias("effect", n), effect.statement(self._pairs))

    # --- where the parts of the statement find each other

    @property
    def _json(self) -> Sql:
        """The object with the values of the row that is given."""
        return self._parameter(VALUES, "jsonb")

    @property
    def _json_of_new(self) -> Sql:
        """The same beside `y`, the row that was made of it."""
        return self._json

    def _seeks_taken(self, member: str) -> Sql:
        """The condition under which the statement looks for what a unique index would refuse; a write meets it."""
        return self._parameter(TRIAL, "bool")

    @property
    def _source(self) -> Sql:
        """The given rows that may be written."""
        return sql("given g")

    @property
    def _pairs(self) -> Sql:
        """Each written row beside the given one."""
        return sql("written w cross join given g")

    # --- what is written?

    @property
    def _columns(self) -> tuple[WriteColumn, ...]:
        return self.write.columns

    @property
    def _changes(self) -> bool:
        return self.write.action is WriteAction.UPDATE

    @property
    def _is_numbered(self) -> bool:
        return self.write.rules.numbering is not None and (self.write.creates or NUMBER in self.stated)

    def _given(self) -> Sql:
        """The row as it would be, the names of the fields that change, and the problems that the database finds."""
        return sql("select y.*, {} problems from ({}) y", self._problems(), self._new_row())

    def _new_row(self) -> Sql:
        """The columns of the new row, and `changed`."""
        owner = sql("j.company_id, j.account_id, j.credential_id")
        if self.write.whole is not None:
            version = self._whole_version(sql("j.company_id"), sql("j.whole_id"))
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
        target = rows(self.write.table, sql("t"), company=sql("j.company_id"))
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
        row = NewRow(GIVEN.name, GIVEN.company, links)
        given = {
            one.name: self._or_created(one, new_value(one, derived.get(one.name), json, row)) for one in self._columns
        }
        given |= {name: derive(row) for name, derive in self._derived().items()}
        return followed(given, self.write.rules.follows, json)

    def _changed_values(self) -> dict[str, Sql]:
        """The values of a changed row by column, those that stay included."""
        given = {column.name: self._or_created(column, _changed_value(column)) for column in self._columns}
        return followed(given, self.write.rules.follows, self._json)

    def _or_created(self, column: WriteColumn, value: Sql) -> Sql:
        """The value of a column, or the row that the caller has created with the key which the input states."""
        if column.linked is None or self.is_usual:
            return value
        return or_created(column, value, self._json)

    def _derived(self) -> dict[str, Computed]:
        """The columns of a new row that no member writes."""
        members = {column.name for column in self._columns}
        return {name: derive for name, derive in self.write.rules.derived.items() if name not in members}

    def _stated_number(self, name: Sql) -> list[Sql]:
        if not self._is_numbered:
            return []
        return [sql("substring({}.number from '^[A-Z]([0-9]{{1,9}})$')::int stated", name)]

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
            broken = rule.broken(NEW)
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
        there = rows(self.write.table, sql("f"), company=sql("y.company_id"))
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
            leads_nowhere(column, sql("y")),
            key,
            Sql(column.name),
            literal(f"NOT_FOUND  {column.member}"),
        )

    def _taken(self) -> Iterator[Sql]:
        """What a unique index would refuse."""
        for member, column, value, among in self._unique_values():
            other = rows(self.write.table, sql("o"), company=sql("y.company_id"))
            another = sql(" and {} <> y.id", other["id"]) if self._changes else sql("")
            yield sql(
                "case when {} and exists (select from {} where {} and {} = {}{}) then {} end",
                self._seeks_taken(member),
                other.source,
                every([*other.where, *among]),
                other[column],
                value,
                another,
                literal(f"TAKEN  {member}"),
            )

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

    # --- it is written

    def _is_written(self) -> Sql:
        """The condition under which `g`, the given row, is written."""
        conditions = [sql("g.problems = {}", NO_PROBLEMS), sql("not {}", self._parameter(TRIAL, "bool"))]
        if not self.write.creates:
            version = self._parameter(VERSION, "int4")
            conditions.append(sql("({} is null or g.version = {})", version, version))
        if self._changes:
            conditions.append(self._is_changed())
        return every(conditions)

    def _is_changed(self) -> Sql:
        """The condition that a stated member changes; what alone follows from hidden ones tells nothing."""
        return sql("g.changed && {}", self._parameter(FIELDS, "text[]"))

    @property
    def _counts_later(self) -> bool:
        """True for an update that needs a counter: it locks its row first, so that no two wait for each other."""
        return self._changes and (self._is_numbered or self._turn is not None)

    def _locked(self) -> Sql:
        """The row that is written, locked; no row if it is newer than what was judged."""
        target = rows(self.write.table, sql("t"), company=sql("g.company_id"))
        return sql(
            "select t.id from given g join {} on {} where t.id = g.id and {} for no key update of t",
            target.source,
            every(target.where),
            self._is_still(),
        )

    @property
    def _counting(self) -> Sql:
        """The given row, once nothing but a counter is in its way."""
        return sql("given g cross join locked") if self._counts_later else sql("given g")

    def _number(self) -> Sql:
        """The next number of the company's counter; a stated one raises the counter."""
        assert self.write.rules.numbering is not None
        states = sql("(select g.stated from given g)")
        drawn = sql("") if self.write.creates else sql(" and {} = any(g.changed)", literal("number"))
        return sql(
            "insert into counter as k (company_id, kind, next) "
            "select g.company_id, {}, coalesce(g.stated, 1) + 1 from {} where {}{} "
            "on conflict (company_id, kind) do update set next = "
            "case when {} is null then k.next + 1 else greatest(k.next, excluded.next) end "
            "returning coalesce({}, k.next - 1) drawn",
            literal(self.write.rules.numbering.counter),
            self._counting,
            self._is_written(),
            drawn,
            states,
            states,
        )

    def _read_turn(self, kind: LiteralString) -> Sql:
        """The counter as it is judged."""
        found = rows(counter, sql("k"), company=sql("j.company_id"))
        conditions = every([*found.where, sql("{} = {}", found["kind"], literal(kind))])
        return sql("(select {} from {} where {})", found["next"], found.source, conditions)

    def _taken_turn(self, kind: LiteralString) -> Sql:
        """The counter's next value; no row, and nothing is written, unless it still is as it was judged."""
        return sql(
            "insert into counter as k (company_id, kind, next) select g.company_id, {}, 1 from {} where {} "
            "on conflict (company_id, kind) do update set next = k.next + 1 "
            "where k.next = (select g.turn from given g) returning k.next",
            literal(kind),
            self._counting,
            self._is_written(),
        )

    def _raised(self) -> Sql:
        """The new version of what has the part: first, so that changes of its parts wait for each other there."""
        assert self.write.whole is not None
        target = rows(self.write.whole.rows.table, sql("h"), company=sql("g.company_id"))
        return sql(
            "update {} set version = {} + 1, updated_at = now(), updated_by = g.account_id from given g "
            "where {} and {} = g.whole_id and {} = g.whole_version and {} returning {}",
            target.source,
            target["version"],
            every(target.where),
            target["id"],
            target["version"],
            self._is_written(),
            target["id"],
        )

    @property
    def _joins(self) -> Sql:
        """What a row is written beside: its number, and the new version of what it is a part of."""
        drawn = " cross join number d" if self.write.creates else " left join number d on true"
        raised = sql(" cross join raised") if self.write.whole is not None else sql("")
        turn = sql(" cross join turn") if self._turn is not None else sql("")
        return Sql(f"{drawn if self._is_numbered else ''}{raised}{turn}")

    def _written(self) -> Sql:
        return self._insert() if self.write.creates else self._update()

    def _insert(self) -> Sql:
        columns: dict[str, Sql] = {"company_id": sql("g.company_id")}
        if self.write.listed:
            columns["id"] = sql("g.id")
        columns |= {name: _constant(value) for name, value in self.write.fixed.items()}
        columns |= {name: sql("g.{}", Sql(name)) for name in (*(one.name for one in self._columns), *self._derived())}
        columns |= {"created_by": sql("g.account_id"), "updated_by": sql("g.account_id")}
        if self.write.whole is not None:
            columns[self.write.whole.column] = sql("g.whole_id")
        if self.write.rules.numbering is not None:
            columns |= {"sequence_number": sql("d.drawn"), "number": self._printed()}
        return sql(
            "insert into {} ({}) select {} from {}{} where {} returning *",
            Sql(self.write.table.name),
            join(", ", map(Sql, columns)),
            join(", ", columns.values()),
            self._source,
            self._joins,
            self._is_written(),
        )

    def _printed(self) -> Sql:
        assert self.write.rules.numbering is not None
        letter = literal(self.write.rules.numbering.letter)
        return sql("{} || lpad(d.drawn::text, greatest(5, length(d.drawn::text)), '0')", letter)

    def _update(self) -> Sql:
        """The update of the row under its version, which PostgreSQL checks again on the row that it locks."""
        columns: dict[str, Sql] = {column.name: sql("g.{}", Sql(column.name)) for column in self._columns}
        if self._is_numbered:
            columns["sequence_number"] = sql("coalesce(d.drawn, t.sequence_number)")
            columns["number"] = sql("case when d.drawn is null then g.number else {} end", self._printed())
        if self.write.action is WriteAction.DELETE:
            columns["deleted_at"] = sql("now()")
        if self.write.action is WriteAction.RESTORE:
            columns["deleted_at"] = sql("null")
        columns |= {"version": sql("g.version + 1"), "updated_at": sql("now()"), "updated_by": sql("g.account_id")}
        target = rows(self.write.table, sql("t"), company=sql("g.company_id"))
        return sql(
            "update {} set {} from {}{} where {} and t.id = g.id and {} returning t.*",
            target.source,
            join(", ", [sql("{} = {}", Sql(name), value) for name, value in columns.items()]),
            self._source,
            self._joins,
            every(target.where),
            self._is_still(),
        )

    def _is_still(self) -> Sql:
        """The condition that the stored row `t` is the one that was judged, and is to be written."""
        return sql("t.version = g.version and {}", self._is_written())

    def _trail(self) -> Sql:
        """The rows that tell of the change; the first one also claims the idempotency key."""
        entity, kind = literal(self.write.type_.name), KINDS[self.write.action]
        trail = [sql("({}, w.id, {}, g.changed, {}, {})", entity, kind, *self._claim())]
        if (whole := self.write.whole) is not None:
            fields = sql("array[{}]", _list_of(whole))
            trail.append(sql("({}, g.whole_id, 'CHANGED', {}, null, null)", literal(whole.type_.name), fields))
        return sql(
            "insert into change (company_id, actor_id, credential_id, operation, entity, key, kind, fields, "
            "idempotency_key, input_hash) select w.company_id, g.account_id, g.credential_id, {}, r.* "
            "from {} cross join lateral (values {}) r",
            literal(self.write.operation),
            self._pairs,
            join(", ", trail),
        )

    def _claim(self) -> tuple[Sql, Sql]:
        """The key and the hash of the input in the row of the trail."""
        return self._parameter(KEY, "text"), self._parameter(DIGEST, "bytea")

    # --- what came of it

    def _outcome(self) -> Sql:
        version = self._parameter(VERSION, "int4")
        conflict = sql("when {} <> g.version then 'VERSION_CONFLICT' ", version)
        return sql(
            "select o.*, case when o.outcome = 'GATES' then o.effective end apps from ("
            "select j.company_id, j.effective, coalesce(w.id, j.row_id, j.earlier) row_id, "
            "j.whole_id, j.confirmed, j.language, "
            "g.problems, "
            "case when j.outcome is not null then j.outcome {}when g.problems <> {} then 'FOUND' when {} then 'VALID' "
            "{}when w.id is null then 'RACED' end outcome "
            "from judged j left join given g on true left join written w on true) o",
            sql("") if self.write.creates else conflict,
            NO_PROBLEMS,
            self._parameter(TRIAL, "bool"),
            sql("when not {} then 'UNCHANGED' ", self._is_changed()) if self._changes else sql(""),
        )


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


def _list_of(whole: Whole) -> Sql:
    """The name of the list that the written part is in."""
    *others, last = whole.lists
    branches = [
        sql("when {} then {}", every(equals(sql("w.{}", Sql(name)), value) for name, value in fixed), literal(listed))
        for listed in others
        if (fixed := whole.lists[listed].fixed)
    ]
    return sql("case {} else {} end", join(" ", branches), literal(last)) if branches else literal(last)


def _constant(value: object) -> Sql:
    match value:
        case bool():
            return TRUE if value else sql("false")
        case str():
            return literal(value)
        case _:
            return sql("null")
