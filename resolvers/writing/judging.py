"""The beginning of a write's statement: judge the caller in the company of the input.

Nothing is locked for rights: they are read in the statement's own snapshot, and after a refusal there is no row to
write.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, LiteralString

from db.sql import TRUE, Rows, Sql, equals, every, join, literal, rows, sql
from db.tables.core.changes import change
from db.tables.core.identity import company, membership
from resolvers.compilation.company_scope import VIEWER, CompanyScope, enterable
from resolvers.compilation.context import StatementContext
from resolvers.plans import awake, mask_columns
from resolvers.writing.declaration import EntityWrite
from resolvers.writing.given import Given
from resolvers.writing.reading import mask
from resolvers.writing.record import json_of, values_of
from resolvers.writing.values import passes
from schema.declarations.writing import WriteAction

RESTORABLE: Final = "30 days"
"""The time after its deletion in which a row can be restored."""

MASK: Final = "bit(256)"
"""The type of a mask of `APPS` bits."""

# The names of the parameters that the runner binds.
ROW, VALUES, USED, FIELDS, REFUSED, SPENT, VERSION, KEY, DIGEST, TRIAL = (
    "row of the input", "values", "used apps", "fields", "has problems", "spent", "expected version", "key", "digest",
    "is trial",
)  # fmt: skip


def bindings_of(given: Given, spent: list[uuid.UUID]) -> dict[str, object]:
    """The values of the parameters for an input; `spent` are the accounts and companies that may write no more now."""
    return {
        ROW: given.row,
        USED: mask(given.used),
        FIELDS: given.members,
        REFUSED: bool(given.problems),
        SPENT: spent,
        VERSION: given.version,
        KEY: given.key,
        DIGEST: given.digest,
        TRIAL: given.is_trial,
        **values_of(given),
        **given.more,
    }


@dataclass(frozen=True, slots=True)
class JudgedSql:
    """Adds common table expressions to the statement of a write; the first of them is `judged`."""

    write: EntityWrite
    ctx: StatementContext

    def _common(self, name: Sql, select: Sql) -> None:
        """Add one that is worked out once."""
        self.ctx.commons.append(sql(", {} as materialized ({})", name, select))

    def _parameter(self, name: str, type_name: LiteralString) -> Sql:
        return self.ctx.written(name, type_name)

    @property
    def _values(self) -> Sql:
        """The parameter with the values of the input as JSON."""
        return self.ctx.source(json_of, "jsonb", json_of)

    @property
    def _company_named(self) -> Sql | None:
        """The parameter that names the company; None where the input names a row, which has the company."""
        return self._parameter(ROW, "uuid") if self.write.which == "companyId" else None

    def _company(self, row: Sql) -> Sql:
        """The company of a row; if the input names it, the parameter, with which each table is compared."""
        return self._company_named or sql("{}.company_id", row)

    def judged(self, *readers: Sql) -> Sql:
        """The caller in the company, the key of an earlier request, and the `outcome` of a refusal (null: none).

        Of the caller only the columns are there that the `readers` name, by the alias `j` with or without a number;
        all columns if there are no readers.
        """
        named = sorted(named_columns("j", *readers) - {"earlier", "outcome"})
        caller = join(", ", [Sql(f"q.{name}") for name in named]) if readers else sql("q.*")
        earlier = rows(change, sql("p"), company=self._company(sql("q")))
        same = self._is_same(earlier["input_hash"])
        key = self._parameter(KEY, "text")
        conditions = [
            sql("{} is not null", key),  # else nothing is looked up, by whatever plan
            sql("q.refused is null"),
            *earlier.where,
            sql("{} = q.account_id", earlier["actor_id"]),
            sql("{} = {}", earlier["operation"], literal(self.write.operation)),
            sql("{} = {}", earlier["idempotency_key"], key),
        ]
        return sql(
            "select {}, {} earlier, case when q.refused is not null then q.refused "
            "when {} is not null then case when {} then 'REPLAYED' else 'KEY_REUSED' end "
            "when not q.is_there then 'NOT_FOUND' when {} then 'PROBLEMS' end outcome "
            "from ({}) q left join lateral (select {}, {} from {} where {} limit 1) p on true",
            caller,
            earlier["key"],
            earlier["key"],
            same,
            self._parameter(REFUSED, "bool"),
            self._entered(),
            earlier["key"],
            earlier["input_hash"],
            earlier.source,
            every(conditions),
        )

    def _is_same(self, stored: Sql) -> Sql:
        """The condition that a stored hash is that of this input."""
        return sql("{} = {}", stored, self._parameter(DIGEST, "bytea"))

    def _entered(self) -> Sql:
        """The caller in the company of the input, which names the company or a row of it."""
        named, of_company = self._parameter(ROW, "uuid"), self._company_named
        member = rows(membership, sql("m"), company=of_company or sql("c.id"))
        scope = CompanyScope(0, rows(company, sql("c")), member, self.ctx.kind, named=of_company)
        source, conditions = enterable(scope)
        whole, target = self.write.whole, self._named(member["company_id"])
        row, whole_id, is_there = sql("null::uuid"), sql("null::uuid"), TRUE
        if target is not None:
            source = sql("{} join {} on {}", target.source, source, every(target.where))
            conditions = every([conditions, sql("{} = {}", target["id"], named), *self._fixed(target)])
            is_there = self._is_there(target)
            if not self.write.creates:
                row, conditions = target["id"], every([conditions, *self._carried(target, scope.effective)])
            if whole is not None:
                whole_id = target["id"] if self.write.creates else target[whole.column]
                is_there = sql("{} and {} is not null", is_there, self._whole_version(member["company_id"], whole_id))
        columns = sql(
            "c.id company_id, c.access_version, {} row_id, {} whole_id, {} is_there, {} member, {} role, {} stands_in, "
            "{}, {} company_mask, {} member_mask, {} lent, {} lent_until, {} effective",
            row,
            whole_id,
            is_there,
            *(member[column] for column in ("id", "role", "stands_in")),
            mask_columns(scope.company),
            awake(scope.company),
            *(member[column] for column in ("mask", "lent", "lent_until")),
            scope.effective,
        )
        return sql(
            "select {}.id credential_id, {}.account_id, {}.confirmed, {}.language, x.*, {} refused "
            "from viewer {} left join lateral (select {} from {} where {}) x on true",
            *[VIEWER] * 4,
            self._refused(),
            VIEWER,
            columns,
            source,
            conditions,
        )

    def _carried(self, target: Rows, effective: Sql) -> Iterator[Sql]:
        """The conditions that the caller passes the gates of the row's values."""
        for column, values in self.write.carried.items():
            branches = [
                sql("when {} then {}", literal(value), passes(need, effective)) for value, need in values.items()
            ]
            yield sql("case {} {} else true end", target[column], join(" ", branches))

    def _named(self, of_company: Sql) -> Rows | None:
        """The table of the row that the input names: the written one or the whole's; None if it names a company."""
        whole = self.write.whole
        if self.write.which == "companyId":
            return None
        table = whole.rows.table if self.write.creates and whole is not None else self.write.table
        return rows(table, sql("r"), company=of_company)

    def _refused(self) -> Sql:
        """The first reason why the caller may not write; null if there is none."""
        spent, used = self._parameter(SPENT, "uuid[]"), self._parameter(USED, MASK)
        sees = passes(self.write.need, sql("x.effective"), sql("x.role"))
        unseen = sql("when not ({}) then {}", sees, self._without_type())
        return sql(
            "case when {}.read_only then 'FORBIDDEN' when x.company_id is null then 'NOT_FOUND' {} "
            "when not x.is_there then null "
            "when x.company_id = any({}) or {}.account_id = any({}) then 'RATE_LIMITED' "
            "when x.effective & {} <> {} then 'GATES' end",
            VIEWER,
            unseen if self.write.need else sql(""),
            spent,
            VIEWER,
            spent,
            used,
            used,
        )

    def _without_type(self) -> Sql:
        """The refusal without the gates of the type: a named company is forbidden, a named row is not found."""
        return literal("FORBIDDEN" if self.write.which == "companyId" else "NOT_FOUND")

    def judged_scope(self, n: int, name: Sql) -> CompanyScope:
        """The company of `judged` under an alias, as a scope of the statement: no company is entered a second time."""
        entered = Rows(company, name, copies=_copies(name, id="company_id"))
        if (named := self._company_named) is not None:
            self.ctx.companies[entered["id"]] = named
        copies = _copies(
            name,
            id="member",
            company_id="company_id",
            role="role",
            stands_in="stands_in",
            mask="member_mask",
            lent="lent",
            lent_until="lent_until",
        )
        member = Rows(membership, name, copies=copies)
        return CompanyScope(n, entered, member, self.ctx.kind, judged=sql("{}.effective", name))

    def _fixed(self, target: Rows) -> list[Sql]:
        of_whole = self.write.whole is not None and target.table is self.write.whole.rows.table
        fixed = self.write.whole.rows.where if self.write.whole is not None and of_whole else self.write.fixed
        return [equals(target[column], value) for column, value in fixed.items()]

    def _is_there(self, target: Rows) -> Sql:
        deleted = target["deleted_at"]
        if self.write.action is WriteAction.RESTORE:
            return sql("coalesce({} > now() - interval {}, false)", deleted, literal(RESTORABLE))
        return sql("{} is null", deleted)

    def _whole_version(self, of_company: Sql, key: Sql) -> Sql:
        """The version of the part's whole; null, and nothing is written, if that is deleted or may not have parts."""
        assert self.write.whole is not None
        whole = self.write.whole.rows
        found = rows(whole.table, sql("h"), company=of_company)
        conditions = every([*found.where, sql("{} = {}", found["id"], key), *whole.current(found)])
        return sql("(select {} from {} where {})", found["version"], found.source, conditions)


def named_columns(name: LiteralString, *texts: Sql) -> set[str]:
    """The columns that texts name by an alias, with or without a number.

    A column more than that costs each plan node above it as much as an index lookup does a statement.
    """
    # The pattern begins with a letter, for which `re` looks far faster than for the beginning of a word.
    return set(re.findall(rf"{name}(?<!\w{name})\d*\.(\w+)", " ".join(texts)))


def _copies(name: Sql, **columns: LiteralString) -> dict[str, Sql]:
    return {column: sql("{}.{}", name, sql(there)) for column, there in columns.items()}
