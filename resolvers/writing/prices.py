"""`adjustPrices`: the prices of many products by percents, in one statement that judges, writes and records.

Each row is locked in the order of its key, and computed from its values then: of two changes at once none is lost.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final, cast

from graphql import GraphQLObjectType

from db.declarations import Column, Numeric, Text
from db.sql import Rows, Sql, every, join, literal, number, rows, sql
from db.tables.core.changes import change
from db.tables.core.products import product
from resolvers.compilation.root_fields import NULL, RootFields
from resolvers.compilation.statement import Statement, finish
from resolvers.compilation.table_mapping import TableMapping, TableMappingError
from resolvers.gates.coordinates import named_type
from resolvers.gates.needs import Need
from resolvers.operation.selection import SelectedField
from resolvers.user_problems import invalid
from resolvers.writing.declaration import EntityWrite, WriteColumn
from resolvers.writing.entity_intent import EntityIntent, shared_values
from resolvers.writing.given import Given
from resolvers.writing.intent import Intent
from resolvers.writing.judging import DIGEST, KEY, TRIAL, JudgedSql
from resolvers.writing.new_row import NO_PROBLEMS
from resolvers.writing.outcome import Outcome, Refusal
from resolvers.writing.reading import InputReader
from resolvers.writing.rules import EntityRules, NewRow
from resolvers.writing.value_reading import Created, Path, reader_of
from resolvers.writing.values import created_name, leads_nowhere, or_created
from schema.apps import App
from schema.declarations.writing import WriteAction, amount, choice, link
from schema.errors import TOO_MANY
from schema.errors import ValidationReason as Reason
from schema.mutations.prices import RoundTo

OPERATION: Final = "adjustPrices"
STEPS: Final = dict(zip(RoundTo.__members__, (100, 20, 10), strict=True))
"""Number of rounding steps in a price of one, by the step; the first is the default."""


MOST: Final = 1_000
"""Maximum number of products of a group: a third of a second of work, since others may wait for one of them."""

MOST_IDS: Final = 100
"""Maximum number of products that are named one by one, and that a payload shows."""

IDS: Final = "productIds"
STATED_IDS: Final = f"*{IDS}"
"""The name of the stated products in the JSON of an input; no column has such a name."""

PERCENT: Final = WriteColumn("percent", amount(2, -100, 1_000), Column("percent", Numeric, nullable=False), ())
ROUND_TO: Final = WriteColumn("roundTo", choice(), Column("round_to", Text), ())
PRODUCT: Final = WriteColumn(IDS, link(), product.columns["id"], (), linked_prefix="pro", linked_type="Product")


class PriceReader:
    """Reads the inputs of `adjustPrices`."""

    def __init__(self, write: EntityWrite) -> None:
        self._input = InputReader(write)
        self._product = reader_of(PRODUCT)

    def read(self, given: Mapping[str, Any], key: str | None = None) -> Given:
        """The input as it is written; `key` is the idempotency key that came beside it."""
        found, ids = self._input.read(given, key), given.get(IDS)
        if ids is not None and len(ids) > MOST_IDS:
            found.problems.append(invalid((IDS,), Reason.TOO_LONG, TOO_MANY, most=MOST_IDS))
        elif not ids and given.get("groupId") is None:
            found.problems.append(invalid((IDS,), Reason.REQUIRED))
        else:
            found.values[STATED_IDS] = [self._item(id_) for id_ in ids or ()]
        return found

    def _item(self, id_: str) -> dict[str, object]:
        stated = self._product(id_)
        return {created_name("id"): stated.key} if isinstance(stated, Created) else {"id": stated}

    def rows(self, given: Mapping[str, Any]) -> int:
        """The number of rows that an input may write."""
        ids = given.get(IDS)
        return len(ids) if ids is not None else MOST

    def lacking(self, given: Mapping[str, Any], missing: int) -> Iterator[tuple[Path, App, bool]]:
        """The members that need a missing app: each with the first one, and whether it was null."""
        return self._input.lacking(given, missing)


@dataclass(frozen=True, slots=True)
class PriceSql(JudgedSql):
    """Adds the common table expressions of `adjustPrices` to a statement; `update` is the write of a single product."""

    update: EntityWrite

    def add(self) -> Sql:
        """Add them all. Returns the select of the outcome, whose columns `Outcome` names."""
        self.ctx.writes = self.ctx.speaks = True
        for name, select in (
            (sql("judged"), self.judged()),
            (sql("given"), self._given()),
            (sql("chosen"), self._chosen()),
            (sql("found"), self._found()),
            (sql("locked"), self._locked()),
            (sql("written"), self._written()),
            (sql("trail"), self._trail()),
            (sql("listed"), self._listed()),
        ):
            self._common(name, select)
        return self._outcome()

    @property
    def _group(self) -> WriteColumn:
        return column_of(self.update, "group_id")

    def _given(self) -> Sql:
        """The group, the factor, and the number of rounding steps in a price of one."""
        group = or_created(
            self._group, sql("({} ->> 'group_id')::uuid", self._values), self._values, self._company(sql("j"))
        )
        return sql(
            "select j.company_id, j.account_id, {} group_id, 1 + ({} ->> 'percent')::numeric / 100 factor, "
            "case coalesce({} ->> 'round_to', {}) {} end steps from judged j where j.outcome is null",
            group,
            self._values,
            self._values,
            literal(next(iter(STEPS))),
            join(" ", [sql("when {} then {}", literal(name), number(steps)) for name, steps in STEPS.items()]),
        )

    def _changed(self, name: Sql) -> dict[str, Sql]:
        """The new values of a product, by column: its price, and those that follow from it; `g` is the given input."""
        values = {"price": sql("(round({}.price * g.factor * g.steps) / g.steps)", name)}
        for column, following in self.update.rules.follows.items():
            if "price" in following.stated:
                values[column] = following.value(NewRow(name, self._company(name), dict(values)))
        return values

    def _is_outside(self, price: Sql) -> Sql:
        """The condition that a price is out of its range."""
        rule = column_of(self.update, "price").rule
        return sql("{} not between {} and {}", price, number(int(rule.least)), number(int(rule.most)))

    def _chosen(self) -> Sql:
        """The products: those of the group, or each stated one with its position, also an unknown one."""
        of_group, stated = (rows(product, sql("p"), company=self._company(sql("g"))) for _ in range(2))
        key = or_created(PRODUCT, sql("(i.item ->> 'id')::uuid"), sql("i.item"), self._company(sql("j")))
        price = self._changed(sql("p"))["price"]
        columns = sql("p.id, {} is_outside, {} <> p.price is_changed", self._is_outside(price), price)
        return sql(
            "select i.n, {} from given g join judged j on true "
            "cross join lateral jsonb_array_elements({} -> {}) with ordinality i(item, n) "
            "left join lateral (select p.* from {} where {} and p.id = {} offset 0) p on true union all "
            "(select null, {} from given g join {} on {} and p.group_id = g.group_id limit {})",
            columns,
            self._values,
            literal(STATED_IDS),
            stated.source,
            self._there(stated),
            key,
            columns,
            of_group.source,
            self._there(of_group),
            number(MOST + 1),
        )

    def _there(self, target: Rows) -> Sql:
        return every([*target.where, sql("{} is null", target["deleted_at"])])

    def _found(self) -> Sql:
        """The given input and its problems, each as `code reason path`."""
        by_key = sql("{} ? {} and g.group_id is null", self._values, literal(created_name(self._group.name)))
        problems = (
            (
                sql("{} or {}", leads_nowhere(self._group, sql("g.group_id"), self._company(sql("g"))), by_key),
                "NOT_FOUND  groupId",
            ),
            (sql("(select count(*) from chosen) > {}", number(MOST)), f"LIMIT_REACHED {MOST} groupId"),
            (sql("exists (select from chosen c where c.is_outside)"), "VALIDATION RANGE percent"),
        )
        return sql(
            "select g.*, array_remove(array[{}], null) || (select coalesce(array_agg({} || (c.n - 1) order by c.n), "
            "'{{}}') from chosen c where c.id is null) problems from given g",
            join(", ", [sql("case when {} then {} end", broken, literal(text)) for broken, text in problems]),
            literal(f"NOT_FOUND  {IDS}."),
        )

    @property
    def _would(self) -> Sql:
        """The number of products that would change."""
        return sql("(select count(distinct c.id)::int from chosen c where c.is_changed)")

    def _locked(self) -> Sql:
        """The products that would change, as they are now: those that are there, and whose price stays in its range.

        Unless these are all, nothing is written: the statement is run again, and judges anew.
        """
        target = rows(product, sql("t"), company=self._company(sql("g")))
        price = self._changed(target.name)["price"]
        return sql(
            "select t.id, {} <> t.price is_changed from found g join {} on {} and t.id = any("
            "array(select c.id from chosen c where c.is_changed)) "
            "where g.problems = {} and not {} and not {} order by t.id for no key update of t",
            price,
            target.source,
            self._there(target),
            NO_PROBLEMS,
            self._parameter(TRIAL, "bool"),
            self._is_outside(price),
        )

    def _written(self) -> Sql:
        """The changed products, and the names of the fields that have changed.

        They are found by an array: for a join with the locked rows PostgreSQL expects a single row.
        """
        target = rows(product, sql("t"), company=self._company(sql("g")))
        values = self._changed(target.name)
        changes = [
            sql(
                "case when old.{0} is distinct from new.{0} then {1} end",
                Sql(name),
                literal(column_of(self.update, name).member),
            )
            for name in values
        ]
        return sql(
            "update {} set {}, version = t.version + 1, updated_at = now(), updated_by = g.account_id from given g "
            "where {} and t.id = any(array(select l.id from locked l where l.is_changed)) "
            "and (select count(*) from locked) = {} returning t.id, array_remove(array[{}], null) changed",
            target.source,
            join(", ", [sql("{} = {}", Sql(name), value) for name, value in values.items()]),
            every(target.where),
            self._would,
            join(", ", changes),
        )

    def _trail(self) -> Sql:
        """A row for each product; the first one also claims the idempotency key."""
        return sql(
            "insert into change (company_id, actor_id, credential_id, operation, entity, key, kind, fields, "
            "idempotency_key, input_hash) select {}, j.account_id, j.credential_id, {}, 'Product', w.id, "
            "'CHANGED', w.changed, case when w.n = 1 then {} end, case when w.n = 1 then {} end "
            "from (select w.*, row_number() over (order by w.id) n from written w) w cross join judged j",
            self._company(sql("j")),
            literal(OPERATION),
            self._parameter(KEY, "text"),
            self._parameter(DIGEST, "bytea"),
        )

    def _listed(self) -> Sql:
        """The keys of the changed products, and their number; those of an earlier request with the same key."""
        claim = rows(change, sql("p"), company=self._company(sql("j")))
        same = rows(change, sql("c"), company=self._company(sql("j")))
        earlier = [
            *claim.where,
            sql("{} = j.account_id", claim["actor_id"]),
            sql("{} = {}", claim["operation"], literal(OPERATION)),
            sql("{} = {}", claim["idempotency_key"], self._parameter(KEY, "text")),
            *same.where,
            sql("{} = {}", same["xid"], claim["xid"]),
            sql("j.outcome = 'REPLAYED'"),
        ]
        return sql(
            "select coalesce((array_agg(x.id order by x.id))[:{}], '{{}}') keys, count(*)::int count from ("
            "select w.id from written w union all select {} from judged j, {}, {} where {}) x",
            number(MOST_IDS),
            same["key"],
            claim.source,
            same.source,
            every(earlier),
        )

    def _outcome(self) -> Sql:
        trial = self._parameter(TRIAL, "bool")
        return sql(
            "select j.company_id, null::uuid row_id, null::uuid whole_id, j.confirmed, j.language, f.problems, "
            "t.keys, case when {} and j.outcome is null then {} else t.count end count, null::bit(256) apps, "
            "case when j.outcome is not null then j.outcome when f.problems <> {} then 'FOUND' when {} then 'VALID' "
            "when t.count > 0 then null when {} > 0 then 'RACED' else 'UNCHANGED' end outcome "
            "from judged j left join found f on true cross join listed t",
            trial,
            self._would,
            NO_PROBLEMS,
            trial,
            self._would,
        )


def column_of(write: EntityWrite, name: str) -> WriteColumn:
    """A column by its name."""
    return next(column for column in write.columns if column.name == name)


@dataclass(frozen=True, slots=True)
class PriceIntent(EntityIntent):
    """The input of `adjustPrices`."""

    def written(self, outcome: Outcome) -> int:
        """The number of products that were written."""
        return outcome.total or 0 if outcome.refused is None else 0

    def values(self, outcome: Outcome) -> dict[str, object]:
        """The payload's values: the products and their number."""
        values = shared_values(outcome)
        if outcome.refused in (None, Refusal.UNCHANGED, Refusal.REPLAYED):
            values["products"] = outcome.keys
        if outcome.refused in (None, Refusal.UNCHANGED, Refusal.REPLAYED, Refusal.VALID):
            values["count"] = outcome.total
        return values


@dataclass(frozen=True, slots=True)
class PriceWriter:
    """Reads the inputs of `adjustPrices` and compiles its statement; `update` is the write of a single product."""

    changes_access: ClassVar[bool] = False
    has_trial: ClassVar[bool] = False  # no value of it can be taken
    takes_list: ClassVar[bool] = False
    takes_key: ClassVar[bool] = True

    write: EntityWrite
    update: EntityWrite
    reader: PriceReader = field(init=False)

    @classmethod
    def of(cls, layout: TableMapping, update: EntityWrite) -> "PriceWriter":
        """The writer of `adjustPrices`, whose input names the company. Raises TableMappingError for other gates."""
        mutation = layout.schema.mutation_type
        assert mutation is not None
        if column_of(update, "price").need or update.carried or update.fixed:
            raise TableMappingError(f"{OPERATION} writes products, whatever gates their prices or kinds have")
        write = replace(
            update,
            operation=OPERATION,
            action=WriteAction.CREATE,
            payload=cast("GraphQLObjectType", named_type(mutation.fields[OPERATION])),
            columns=(column_of(update, "group_id"), PERCENT, ROUND_TO),
            rules=EntityRules(apart=(("groupId", IDS),)),
            lists=(),
            effects=(),
        )
        return cls(write, update)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reader", PriceReader(self.write))

    @property
    def for_sessions(self) -> bool:
        """False: API keys may use it, too."""
        return False

    @property
    def need(self) -> Need:
        """The gates of products."""
        return self.write.need

    def rows(self, input_: Mapping[str, Any]) -> int:
        """The number of rows that an input may write."""
        return self.reader.rows(input_)

    def read(self, input_: Mapping[str, Any], key: str | None) -> Intent:
        """Read an input; `key` is the idempotency key that came beside it."""
        return PriceIntent(self.write, self.reader, input_, self.reader.read(input_, key))

    def compile(self, roots: RootFields, selected: SelectedField, *, in_full: bool) -> Statement:
        """The statement that judges and writes; the payload may be long, and is read after it."""
        statement = PriceSql(self.write, roots.ctx, self.update)
        return replace(finish(roots.ctx, NULL, outcome=statement.add()), is_whole=False)
