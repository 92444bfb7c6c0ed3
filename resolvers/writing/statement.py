"""The statement of a declared mutation: it judges the caller, writes one row, and reads the payload from that row.

`viewer → judged → given → number → written → trail`. Nothing is locked for rights. On refusal no row is
given, so nothing is written: there is nothing to undo, but for a right that ends while the statement waits for others.
An update that needs a counter locks its row before it, as lists do. The text depends on the mutation and the selection
alone. The values of a new row travel as a parameter each, those of a change as one JSON, the used apps as one mask.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

from db.sql import TRUE, Sql, alias, equals, every, join, literal, rows, sql
from resolvers.writing.declaration import Whole
from resolvers.writing.judging import DIGEST, FIELDS, KEY, TRIAL, VERSION, named_columns
from resolvers.writing.new_row import NO_PROBLEMS, NUMBER, NewRowSql
from schema.declarations.writing import WriteAction

KINDS: Final = {
    WriteAction.CREATE: literal("CREATED"),
    WriteAction.UPDATE: literal("CHANGED"),
    WriteAction.DELETE: literal("DELETED"),
    WriteAction.RESTORE: literal("RESTORED"),
}

HAS_WAITED: Final = sql("clock_timestamp() > statement_timestamp() + interval '2 ms'")
"""The condition that a statement may have waited for others; one that took less time has waited for nobody."""

CHECK_RIGHT: Final = sql(
    "case when {} then check_right(credential_id, company_id, (select j.access_version from judged j)) end", HAS_WAITED
)
"""Undoes the statement by an error if the right has ended while it waited for others. The trail returns it, since it is
written after the row."""


@dataclass(frozen=True, slots=True)
class WriteSql(NewRowSql):
    """Adds the common table expressions of a declared mutation to a statement."""

    def add(self, payload: Sql) -> Sql:
        """Add them all, each with the columns that the others and the payload's SQL read.

        Returns the select of the outcome, whose columns `Outcome` names.
        """
        self.ctx.writes = self.ctx.speaks = True
        after, outcome = list(self._after_written()), self._outcome()
        reads = [payload, outcome, *(select for _, select in after)]
        rest = [*self._counted(), (sql("written"), self._written(self._returned(reads))), *after]
        given = self._given(outcome, *(select for _, select in rest))
        parts = [*(owned.before() for owned in self._owned), (sql("given"), given), *rest]
        self._common(sql("judged"), self.judged(payload, outcome, *(select for _, select in parts)))
        for name, select in parts:
            self._common(name, select)
        return outcome

    def _counted(self) -> Iterator[tuple[Sql, Sql]]:
        """The names and statements that are run before the row is written."""
        if self._counts_later:
            yield sql("locked"), self._locked()
        if (turn := self._turn) is not None:
            yield sql("turn"), self._taken_turn(turn)
        if self._is_numbered:
            yield sql("number"), self._number()
        if self.write.whole is not None:
            yield sql("raised"), self._raised()

    def _after_written(self) -> Iterator[tuple[Sql, Sql]]:
        """The names and statements of owned rows, effects and the trail, which checks a right that may have ended."""
        yield from self._after()
        yield sql("trail"), sql("{} returning {}", self._trail(), CHECK_RIGHT)

    def _after(self) -> Iterator[tuple[Sql, Sql]]:
        """The names and statements of owned rows, and of the effects of stated members."""
        for owned in self._owned:
            yield from owned.after()
        for n, effect in enumerate(self.write.rules.effects):
            if effect.reads in self.stated:
                yield alias("effect", n), effect.statement(self._pairs, self._company(sql("w")))

    def _returned(self, readers: Iterable[Sql]) -> Sequence[Sql]:
        """The columns of the written row that others read."""
        named = named_columns("w", *readers) | {"id"}
        return [Sql(column) for column in self.write.table.columns if column in named]

    # --- where the parts of the statement find each other

    @property
    def _source(self) -> Sql:
        """The given rows that may be written."""
        return sql("given g")

    @property
    def _pairs(self) -> Sql:
        """Each written row beside the given one."""
        return sql("written w cross join given g")

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
        """The condition that a stated member changes; changes that follow from hidden members must not show."""
        return sql("g.changed && {}", self._parameter(FIELDS, "text[]"))

    @property
    def _counts_later(self) -> bool:
        """True for an update that needs a counter: it locks its row first, so that no two wait for each other."""
        return self._changes and (self._is_numbered or self._turn is not None)

    def _locked(self) -> Sql:
        """The row that is written, locked; no row if it is newer than the judged one."""
        target = rows(self.write.table, sql("t"), company=self._company(sql("g")))
        return sql(
            "select t.id from given g join {} on {} where t.id = g.id and {} for no key update of t",
            target.source,
            every(target.where),
            self._is_still(),
        )

    @property
    def _counting(self) -> Sql:
        """The given rows, once nothing but a counter is in their way."""
        return sql("{} cross join locked", self._source) if self._counts_later else self._source

    def _number(self) -> Sql:
        """The next number of the company's counter; a stated one raises the counter."""
        assert self.write.rules.numbering is not None
        if self.write.creates and NUMBER not in self.stated:
            return self._next_number()
        states = sql("(select g.stated from given g)")
        drawn = sql("") if self.write.creates else sql(" and {} = any(g.changed)", literal("number"))
        return sql(
            "insert into counter as k (company_id, kind, next) "
            "select {}, {}, coalesce(g.stated, 1) + 1 from {} where {}{} "
            "on conflict (company_id, kind) do update set next = "
            "case when {} is null then k.next + 1 else greatest(k.next, excluded.next) end "
            "returning coalesce({}, k.next - 1) drawn",
            self._company(sql("g")),
            literal(self.write.rules.numbering.counter),
            self._numbering,
            self._is_written(),
            drawn,
            states,
            states,
        )

    @property
    def _numbering(self) -> Sql:
        """The same once it is their turn: a number, which all new rows wait for, is drawn last."""
        return sql("{}{}", self._counting, self._turned)

    def _next_number(self) -> Sql:
        """The next number of the company's counter, for a row that states none."""
        assert self.write.rules.numbering is not None
        return sql(
            "insert into counter as k (company_id, kind, next) select {}, {}, 2 from {} where {} "
            "on conflict (company_id, kind) do update set next = k.next + 1 returning k.next - 1 drawn",
            self._company(sql("g")),
            literal(self.write.rules.numbering.counter),
            self._numbering,
            self._is_written(),
        )

    def _taken_turn(self, kind: LiteralString) -> Sql:
        """The counter's next value; no row, and nothing is written, unless it still is as it was judged."""
        return sql(
            "insert into counter as k (company_id, kind, next) select distinct {}, {}, 1 from {} where {} "
            "on conflict (company_id, kind) do update set next = k.next + 1 "
            "where k.next = (select min(g.turn) from {}) returning k.next",
            self._company(sql("g")),
            literal(kind),
            self._counting,
            self._is_written(),
            self._source,
        )

    def _raised(self) -> Sql:
        """The new version of the part's whole, written first so that changes of its parts wait for each other there."""
        assert self.write.whole is not None
        target = rows(self.write.whole.rows.table, sql("h"), company=self._company(sql("g")))
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
        """The joins of a written row: its number, the new version of its whole, and the turn."""
        drawn = " cross join number d" if self.write.creates else " left join number d on true"
        raised = sql(" cross join raised") if self.write.whole is not None else sql("")
        return Sql(f"{drawn if self._is_numbered else ''}{raised}{self._turned}")

    @property
    def _turned(self) -> Sql:
        """The join without which nothing is written unless the counter is as it was judged."""
        return sql(" cross join turn") if self._turn is not None else sql("")

    def _written(self, returned: Sequence[Sql]) -> Sql:
        return self._insert(returned) if self.write.creates else self._update(returned)

    def _insert(self, returned: Sequence[Sql]) -> Sql:
        columns: dict[str, Sql] = {"company_id": self._company(sql("g"))}
        if self.write.listed:
            columns["id"] = sql("g.id")
        columns |= {name: _constant(value) for name, value in self.write.fixed.items()}
        given = self._row(sql("g"))
        columns |= {name: given[name] for name in (*(one.name for one in self._columns), *self._derived())}
        columns |= {"created_by": sql("g.account_id"), "updated_by": sql("g.account_id")}
        if self.write.whole is not None:
            columns[self.write.whole.column] = sql("g.whole_id")
        if self.write.rules.numbering is not None:
            columns |= {"sequence_number": sql("d.drawn"), "number": self._printed()}
        return sql(
            "insert into {} ({}) select {} from {}{} where {} returning {}",
            Sql(self.write.table.name),
            join(", ", map(Sql, columns)),
            join(", ", columns.values()),
            self._source,
            self._joins,
            self._is_written(),
            join(", ", returned),
        )

    def _printed(self) -> Sql:
        assert self.write.rules.numbering is not None
        letter = literal(self.write.rules.numbering.letter)
        return sql("{} || lpad(d.drawn::text, greatest(5, length(d.drawn::text)), '0')", letter)

    def _update(self, returned: Sequence[Sql]) -> Sql:
        """The update of the row under its version, which PostgreSQL checks again on the row that it locks."""
        given = self._row(sql("g"))
        columns: dict[str, Sql] = {column.name: given[column.name] for column in self._columns}
        if self._is_numbered:
            columns["sequence_number"] = sql("coalesce(d.drawn, t.sequence_number)")
            columns["number"] = sql("case when d.drawn is null then {} else {} end", given["number"], self._printed())
        if self.write.action is WriteAction.DELETE:
            columns["deleted_at"] = sql("now()")
        if self.write.action is WriteAction.RESTORE:
            columns["deleted_at"] = sql("null")
        columns |= {"version": sql("g.version + 1"), "updated_at": sql("now()"), "updated_by": sql("g.account_id")}
        target = rows(self.write.table, sql("t"), company=self._company(sql("g")))
        return sql(
            "update {} set {} from {}{} where {} and t.id = g.id and {} returning {}, g.changed",
            target.source,
            join(", ", [sql("{} = {}", Sql(name), value) for name, value in columns.items()]),
            self._source,
            self._joins,
            every(target.where),
            self._is_still(),
            join(", ", [sql("t.{}", name) for name in returned]),
        )

    def _is_still(self) -> Sql:
        """The condition that the stored row `t` is the one that was judged, and is to be written."""
        return sql("t.version = g.version and {}", self._is_written())

    def _trail(self) -> Sql:
        """The insert of the rows that record the change; the first one also claims the idempotency key."""
        changed = self._parameter(FIELDS, "text[]") if self.write.creates else sql("w.changed")
        row = join(", ", self._trail_row(changed))
        whole, source = self.write.whole, sql("written w cross join judged j")
        if whole is not None:
            of_whole = sql(
                "({}, g.whole_id, 'CHANGED', array[{}], null, null)", literal(whole.type_.name), _list_of(whole)
            )
            source = sql("{} cross join given g cross join lateral (values ({}), {}) r", source, row, of_whole)
            row = sql("r.*")
        return self._trail_of(sql("j"), row, source)

    def _trail_row(self, changed: Sql) -> tuple[Sql, ...]:
        """The columns of the trail for a written row: its changed fields, and the key and the hash of the input."""
        return literal(self.write.type_.name), sql("w.id"), KINDS[self.write.action], changed, *self._claim()

    def _trail_of(self, caller: Sql, row: Sql, source: Sql) -> Sql:
        """The insert into the trail; `row` has the columns of `_trail_row`."""
        return sql(
            "insert into change (company_id, actor_id, credential_id, operation, entity, key, kind, fields, "
            "idempotency_key, input_hash) select {}, {}.account_id, {}.credential_id, {}, {} from {}",
            self._company(sql("w")),
            caller,
            caller,
            literal(self.write.operation),
            row,
            source,
        )

    def _claim(self) -> tuple[Sql, Sql]:
        """The key and the hash of the input in the row of the trail."""
        return self._parameter(KEY, "text"), self._parameter(DIGEST, "bytea")

    # --- the outcome

    def _outcome(self) -> Sql:
        version = self._parameter(VERSION, "int4")
        conflict = sql("when {} <> g.version then 'VERSION_CONFLICT' ", version)
        return sql(
            "select j.company_id, case when j.outcome = 'GATES' then j.effective end apps, "
            "coalesce(w.id, j.row_id, j.earlier) row_id, j.whole_id, j.confirmed, j.language, g.problems, {}"
            "case when j.outcome is not null then j.outcome {}when g.problems <> {} then 'FOUND' when {} then 'VALID' "
            "{}when w.id is null then 'RACED' end outcome "
            "from judged j left join (select {} from given g offset 0) g on true "
            "left join (select w.id from written w offset 0) w on true",
            sql("g.warnings, ") if self._has_warnings else sql(""),
            sql("") if self.write.creates else conflict,
            NO_PROBLEMS,
            self._parameter(TRIAL, "bool"),
            sql("when not {} then 'UNCHANGED' ", self._is_changed()) if self._changes else sql(""),
            join(", ", self._of_given()),
        )

    def _of_given(self) -> Iterator[Sql]:
        """The columns of the given row for the outcome."""
        yield sql("g.problems")
        if not self.write.creates:
            yield from (sql("g.version"), sql("g.changed"))
        if self._has_warnings:
            yield sql("g.warnings")


# --- pieces ---------------------------------------------------------------------------------------------------------


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
