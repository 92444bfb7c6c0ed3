"""The statement of a list verb: it judges each item, and writes those that may be written as sets.

`viewer → judged → done → locked → found → given → good → turn → number → written → trail → lasting`. The rows that
an update names are locked first, in the order of their keys, and are judged as they are then, which may be newer than
the statement's snapshot: so a list is written as it was judged, and lists do not wait for each other in a circle.
Nothing is locked that will not be written: for a trial, a repetition, or a list with a problem that may only be written
whole. `done` are the rows of an earlier request with the same key.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from db.sql import TRUE, Sql, every, join, literal, rows, sql
from db.tables.core.changes import change
from resolvers.writing.judging import DIGEST, KEY, MASK, TRIAL
from resolvers.writing.list_reading import FIELDS, LOCKS, ROW, ROWS, USED, VERSION, WHOLE, WRONG
from resolvers.writing.new_row import NO_PROBLEMS, NUMBER, change_of
from resolvers.writing.record import JsonRecord, Record
from resolvers.writing.statement import HAS_WAITED, WriteSql
from resolvers.writing.values import server_default
from resolvers.writing.wholes import ListedWholes

CHECK_RIGHT: Final = sql(
    "select check_right(j.credential_id, j.company_id, j.access_version) from judged j where case "
    "when (select count(*) from trail) > 0 then {} end",
    HAS_WAITED,
)
"""Undoes the statement by an error, once for all rows, if the right has ended while it waited for others."""

HASH: Final = sql("32")
"""The bytes of the hash of an input; in the trail of a list the number of the item follows it."""

IS_OPEN: Final = sql("coalesce(j.outcome, 'REPLAYED') = 'REPLAYED'")
"""The condition that items are looked at: nothing is in the way of the whole list, or it was written earlier."""


@dataclass(frozen=True, slots=True)
class ListSql(WriteSql):
    """Adds the common table expressions of a list verb to a statement, whose text depends on the payload alone.

    `is_whole`: the statement has the payload of a list whose items are all written.
    """

    is_whole: bool

    def add(self, payload: Sql) -> Sql:
        """Add them all. Returns the select of the outcome, whose columns `Outcome` names."""
        self.ctx.writes = self.ctx.speaks = True
        self._common(sql("judged"), self.judged())
        self._common(sql("done"), self._done())
        if self._changes:
            self._common(sql("locked"), self._locked())
            self._common(sql("found"), self._found())
        for owned in self._owned:
            self._common(*owned.before())
        self._common(sql("given"), self._items())
        self._common(sql("good"), self._good())
        if (turn := self._turn) is not None:
            self._common(sql("turn"), self._taken_turn(turn))
        if self._is_numbered:
            self._common(sql("number"), self._number())
        self._common(sql("written"), self._written([sql("*")]))
        for name, statement in self._after():
            self._common(name, statement)
        row = join(", ", self._trail_row(sql("g.changed")))
        self._common(sql("trail"), sql("{} returning id", self._trail_of(sql("g"), row, self._pairs)))
        self._common(sql("lasting"), CHECK_RIGHT)
        return self._outcome()

    @property
    def _json(self) -> Sql:
        return sql("e.item")

    @cached_property
    def _record(self) -> Record:
        return JsonRecord(self._json, sql("n"))

    @property
    def _stored(self) -> JsonRecord:
        return JsonRecord(self._json, sql("t"))

    @property
    def _json_of_new(self) -> Sql:
        return sql("y.item")

    @property
    def _wholes(self) -> ListedWholes:
        row = sql("(o.item ->> {})::uuid", literal(ROW))
        return ListedWholes(self._values, self._company, self.write.creates, IS_OPEN, row)

    @property
    def _members(self) -> Sql:
        return sql("y.fields")

    def _seeks_taken(self, member: str) -> Sql:
        return sql("{} = any(y.changed)", literal(member))

    @property
    def _source(self) -> Sql:
        return sql("good g")

    @property
    def _pairs(self) -> Sql:
        return sql("written w join good g on g.id = w.id")

    def _is_written(self) -> Sql:
        return TRUE

    def _is_still(self) -> Sql:
        return TRUE  # it is locked

    # --- the earlier request

    def _is_same(self, stored: Sql) -> Sql:
        return sql("substr({}, 1, {}) = {}", stored, HASH, self._parameter(DIGEST, "bytea"))

    def _done(self) -> Sql:
        """The keys of the rows that the earlier request wrote, each with the number of its item."""
        first, row = (rows(change, name, company=self._company(sql("j"))) for name in (sql("p"), sql("h")))
        earlier = [
            *first.where,
            sql("{} = j.account_id", first["actor_id"]),
            sql("{} = {}", first["operation"], literal(self.write.operation)),
            sql("{} = {}", first["idempotency_key"], self._parameter(KEY, "text")),
        ]
        same = [*row.where, *(sql("{} = {}", row[name], first[name]) for name in ("xid", "operation"))]
        return sql(
            "select {} id, substr({}, {} + 1)::int2 n from judged j join {} on {} join {} on {} "
            "where j.outcome = 'REPLAYED'",
            row["key"],
            row["input_hash"],
            HASH,
            first.source,
            every(earlier),
            row.source,
            every(same),
        )

    def _claim(self) -> tuple[Sql, Sql]:
        """The first row claims the key; each has the number of its item after the hash."""
        key, digest = self._parameter(KEY, "text"), self._parameter(DIGEST, "bytea")
        first = sql("case when g.n = (select min(o.n) from good o) then {} end", key)
        return first, sql("{} || g.n::int2::bytea", digest)

    # --- the items

    def _found(self) -> Sql:
        """The rows that the items name: locked and as they are then, or as the statement sees them."""
        seen = sql("{} and not (j.outcome is null and {})", IS_OPEN, self._parameter(LOCKS, "bool"))
        return sql("select * from locked union all {}", self._named_rows(seen))

    def _locked(self) -> Sql:
        """The rows that the items name, locked and as they are now, where they may be written."""
        may_write = sql("j.outcome is null and {}", self._parameter(LOCKS, "bool"))
        return sql("{} order by t.id for no key update of t", self._named_rows(may_write))

    def _named_rows(self, condition: Sql) -> Sql:
        """The rows that the items name, under a condition on `judged`."""
        target = rows(self.write.table, sql("t"), company=self._company(sql("j")))
        conditions = [condition, sql("t.id = any({})", self._parameter(ROWS, "uuid[]"))]
        conditions += [*self._fixed(target), self._is_there(target)]
        return sql(
            "select t.id, t stored from judged j join {} on {} where {}",
            target.source,
            every(target.where),
            every(conditions),
        )

    def _items(self) -> Sql:
        """The rows as they would be, the names of the fields that change, the problems, and why one is not written.

        `offset 0` keeps PostgreSQL from working out the same for each mention.
        """
        made = sql("select y.*, {} from ({} offset 0) y offset 0", self._findings(), self._new_rows())
        return sql("select z.*, {} refused from ({}) z", self._why_not(), made)

    def _new_rows(self) -> Sql:
        """The columns of each new row, `changed`, and the values that its item states beside them."""
        new = self._changed_values() if self._changes else self._new_values()
        fields = sql("array(select jsonb_array_elements_text(e.item -> {}))", literal(FIELDS))
        used = sql("(e.item ->> {})::{}", literal(USED), Sql(MASK))
        columns = [
            sql("j.company_id, j.account_id, j.credential_id, j.outcome, e.item, e.n, d.id done, {} fields", fields),
            sql("coalesce(j.effective & {} <> {}, false) lacks", used, used),
            *self._effects(),
            *self._own(new, fields),
            *(sql("{} {}", value, Sql(name)) for name, value in new.items()),
            *self._stated_number(),
            *([] if (turn := self._turn) is None else [sql("{} turn", self._read_turn(turn))]),
            *(self._wholes.stated(one.owned.json_key, one.n) for one in self._owned),
        ]
        return sql(
            "select {} from judged j cross join lateral jsonb_array_elements({}) with ordinality e(item, n) "
            "left join done d on d.n = e.n {} n where {}",
            join(", ", columns),
            self._values,
            self._made(),
            IS_OPEN,
        )

    def _own(self, new: dict[str, Sql], fields: Sql) -> list[Sql]:
        """The key of each row, its version, and the fields that change."""
        if not self._changes:
            made = server_default(self.write.table.columns["id"])
            assert made is not None
            return [sql("{} id, {} changed", made, fields)]
        changes = [change_of(column, new[column.name], self._stored[column.column]) for column in self._columns]
        changes += [owned.changed() for owned in self._owned]
        columns = sql("f.id, t.version, array_remove(array[{}]::text[], null) changed", join(", ", changes))
        return [columns, sql("{} raced", self._is_raced(fields))]

    def _is_raced(self, fields: Sql) -> Sql:
        """The condition that a row is newer than the statement's snapshot, if other rows of the snapshot matter for it.

        These are the key of an earlier request, the rows that belong to the row, and those that an effect reads.
        """
        seen = rows(self.write.table, sql("s"), company=self._company(sql("j")))
        reads = [effect.member for effect in self.write.effects] + [one.reads for one in self.write.rules.effects]
        reads += [one.owned.member for one in self._owned]
        stated = sql(" or {} && array[{}]::text[]", fields, join(", ", map(literal, reads)))
        return sql(
            "({} is not null{}) and t.version <> (select {} from {} where {} and {} = f.id)",
            self._parameter(KEY, "text"),
            stated if reads else sql(""),
            seen["version"],
            seen.source,
            every(seen.where),
            seen["id"],
        )

    def _made(self) -> Sql:
        """The joins of the row that an item changes, if any, and of the record that it makes."""
        if not self._changes:
            return sql("cross join lateral jsonb_populate_record(null::{}, e.item)", Sql(self.write.table.name))
        return sql(
            "left join found f on f.id = (e.item ->> {})::uuid cross join lateral (select (f.stored).*) t "
            "cross join lateral jsonb_populate_record(f.stored, e.item)",
            literal(ROW),
        )

    def _why_not(self) -> Sql:
        """The first reason why a row is not written.

        In a repeated list, the items without a trail were refused by the earlier request or changed nothing. They are
        judged as they are now, and never written: an item without a problem is NOT_WRITTEN. In a list that was written
        whole none was refused.
        """
        whole = sql("z.outcome is not null and {}", self._parameter(WHOLE, "bool"))
        version = sql("(z.item ->> {})::int4", literal(VERSION))
        return sql(
            "case when z.done is not null and not z.lacks then 'REPLAYED' when {} then 'UNCHANGED' {}"
            "when z.lacks then 'GATES' when z.item ? {} then 'PROBLEMS' {}when z.problems <> {} then 'FOUND' {}"
            "when z.outcome is not null then 'NOT_WRITTEN' end",
            whole,
            sql("when z.id is null then 'NOT_FOUND' when z.raced then 'RACED' ") if self._changes else sql(""),
            literal(WRONG),
            sql("when {} <> z.version then 'VERSION_CONFLICT' ", version) if self._changes else sql(""),
            NO_PROBLEMS,
            sql("when not z.changed && z.fields then 'UNCHANGED' ") if self._changes else sql(""),
        )

    def _good(self) -> Sql:
        """The rows that are written: those without a problem; of a whole list all that change, or none."""
        drawn = sql(", count(*) filter (where g.stated is null) over (order by g.n) nth")
        return sql(
            "select g.*{} from given g where g.outcome is null and g.refused is null and not {} and not {}",
            drawn if self._is_numbered and self.write.creates else sql(""),
            self._parameter(TRIAL, "bool"),
            self._any(sql("o.refused = 'RACED' or {} and {}", self._parameter(WHOLE, "bool"), IS_WRONG)),
        )

    def _any(self, condition: Sql) -> Sql:
        """The condition that an item `o` meets another one."""
        return sql("exists (select from given o where {})", condition)

    # --- numbers

    def _number(self) -> Sql:
        """The lowest of the numbers that are drawn, above all that are stated; the counter goes on after them."""
        assert self.write.rules.numbering is not None
        kind = literal(self.write.rules.numbering.counter)
        if self._changes:
            return sql(
                "insert into counter as k (company_id, kind, next) select {}, {}, max(g.stated) + 1 "
                "from good g where {} group by g.company_id "
                "on conflict (company_id, kind) do update set next = greatest(k.next, excluded.next)",
                self._company(sql("g")),
                kind,
                STATES_NUMBER,
            )
        drawn = sql("(select count(*) from good g where g.stated is null)")
        return sql(
            "insert into counter as k (company_id, kind, next) select {}, {}, "
            "coalesce(max(g.stated), 0) + 1 + {} from {} group by g.company_id "
            "on conflict (company_id, kind) do update set next = greatest(k.next, excluded.next - {}) + {} "
            "returning k.next - {} lowest",
            self._company(sql("g")),
            kind,
            drawn,
            self._numbering,
            *[drawn] * 3,
        )

    @property
    def _joins(self) -> Sql:
        if not self._is_numbered:
            return self._turned
        if self._changes:
            return sql(" cross join lateral (select case when {} then g.stated end drawn) d", STATES_NUMBER)
        drawn = sql("coalesce(g.stated, k.lowest + g.nth - 1)")
        return sql(" cross join number k cross join lateral (select {} drawn) d{}", drawn, self._turned)

    # --- the outcome

    def _outcome(self) -> Sql:
        """The outcome of the list, and of each item as reason, row and problems unless the payload has it all."""
        of_items = sql(
            "(select coalesce(json_agg(json_build_array(g.refused, coalesce(g.done, g.id), g.problems{}) "
            "order by g.n), '[]')::text from given g)",
            sql(", g.warnings") if self._has_warnings else sql(""),
        )
        is_shown = sql("o.outcome is not null")
        if self._has_warnings:
            is_shown = sql("({} or {})", is_shown, self._any(sql("cardinality(o.warnings) > 0")))
        return sql(
            "select o.*, case when o.outcome is not null then o.effective end apps, "
            "{} of_items from (select j.company_id, j.effective, "
            "null::uuid row_id, null::uuid whole_id, j.confirmed, j.language, null::text[] problems, "
            "case when j.outcome is not null then j.outcome when {} then 'RACED' when {} and {} then 'FOUND' "
            "when {} then 'VALID' when {} then 'PARTLY' end outcome from judged j left join lasting on true) o",
            sql("case when {} then {} end", is_shown, of_items) if self.is_whole else of_items,
            self._is_overtaken(),
            self._parameter(WHOLE, "bool"),
            self._any(IS_WRONG),
            self._parameter(TRIAL, "bool"),
            self._any(sql("o.refused is not null")),
        )

    def _is_overtaken(self) -> Sql:
        """The condition that nothing is written, since another write was there first."""
        raced = self._any(sql("o.refused = 'RACED'"))
        if self._turn is None:
            return raced
        return sql("({} or exists (select from good) and not exists (select from turn))", raced)


IS_WRONG: Final = sql("o.refused <> 'UNCHANGED'")
"""The condition that an item is refused."""

STATES_NUMBER: Final = sql("{} = any(g.changed)", literal(NUMBER))
"""The condition that an item changes the number."""
