"""Products and their groups: numbers, the defaults of the company and the group, prices and margins."""

from collections.abc import Mapping
from typing import Final, LiteralString

from db.sql import Sql, every, rows, sql
from db.tables.core.products import product_group
from db.tables.money.gl_accounts import gl_account
from db.tables.products.composition import product_component
from db.tables.products.stock import stock_movement
from resolvers.writing.rules import Effect, EntityRules, Following, NewRow, Numbering, RowRule
from resolvers.writing.values import of_company
from schema.errors import UserErrorCode
from schema.errors import ValidationReason as Reason


def vat_type(row: NewRow) -> Sql:
    """INCL if the company enters its prices with tax, else EXCL."""
    return sql("case when {} then 'INCL' else 'EXCL' end", of_company("prices_incl", row.company))


def account_of_group(row: NewRow) -> Sql:
    """The ledger account of the product's group."""
    group = rows(product_group, sql("s"), company=row.company)
    conditions = every([*group.where, sql("{} = {}", group["id"], row["group_id"])])
    return sql("(select {} from {} where {})", group["gl_account"], group.source, conditions)


def tax(row: NewRow) -> Sql:
    """The percents of tax that are in the price."""
    return sql("case {} when 'INCL' then {} else 0 end", row["vat_type"], row["vat_rate"])


def price(row: NewRow) -> Sql:
    """The price that has the stated margin on the cost, to the cent; null without a cost."""
    cost, margin = row["purchase_price"], row["profit_margin"]
    earned = sql("round({} * (1 + {} / 100) * (1 + {} / 100), 2)", cost, margin, tax(row))
    return sql("case when {} is null then {} else {} end", margin, row["price"], earned)


def profit_margin(row: NewRow) -> Sql:
    """The percents by which the price without tax is above the cost; null without a cost."""
    untaxed = sql("{} / (1 + {} / 100)", row["price"], tax(row))
    return sql("round(({} / nullif({}, 0) - 1) * 100, 2)", untaxed, row["purchase_price"])


def unpriced(row: NewRow) -> Sql:
    """A product without a price, and without a cost from which a margin makes one."""
    return sql("{} is null", row["price"])


def too_dear(row: NewRow) -> Sql:
    """A price, made by a margin, that is too high for its column."""
    return sql("{} >= 10000000000", row["price"])


def unusual_rate(row: NewRow) -> Sql:
    """A rate of tax that the company does not have."""
    return sql("{} <> all({})", row["vat_rate"], of_company("vat_rates", row.company))


def unknown_account(row: NewRow) -> Sql:
    """A stated ledger account that the company does not have."""
    account = rows(gl_account, sql("s"), company=row.company)
    there = every([*account.where, sql("{} = {}", account["code"], row["gl_account"])])
    return sql(
        "'glAccount' = any({}) and {} is not null and not exists (select from {} where {} offset 0)",
        row["changed"],
        row["gl_account"],
        account.source,
        there,
    )


def contains_itself(row: NewRow) -> Sql:
    """A part that is the whole itself, or is made of it."""
    of_part = starts(row, "child_id", "1")
    of_one, of_all = (sql("with recursive {} select b.id from b", below(start)) for start in of_part)
    return sql("{} in ({}) and {} in ({})", row["whole"], of_all, row["whole"], of_one)


def too_deep(row: NewRow) -> Sql:
    """A part below which, together with what is above its whole, are more than five levels."""
    deepest = [sql("with recursive {} select max(b.n) from b", below(start)) for start in starts(row, "child_id", "1")]
    highest = [sql("with recursive {} select max(a.n) from a", above(start)) for start in starts(row, "whole", "0")]
    of_one, of_all = (sql("({}) + ({}) > 5", *pair) for pair in zip(deepest, highest, strict=True))
    return sql("{} and {}", of_all, of_one)


def starts(row: NewRow, column: LiteralString, level: LiteralString) -> tuple[Sql, Sql]:
    """Where a walk begins: at the product in a column of one part, or of all parts, which are walked once for all.

    A part is walked by itself only where the walk of all has found something.
    """
    of_one = sql("select {}, {}, {}", row.company, row[column], sql(level))
    return of_one, sql("select o.company_id, o.{}, {} from {} o", sql(column), sql(level), row.listed)


def above(start: Sql) -> Sql:
    """The common table expression of products and all that is made of them, each with its level, up to the fifth."""
    component = rows(product_component, sql("p"), company=sql("a.company_id"))
    of_part = every([*component.where, sql("{} = a.id", component["child_id"])])
    return sql(
        "a(company_id, id, n) as ({} union select a.company_id, {}, a.n + 1 from a join {} on {} where a.n < 5)",
        start,
        component["product_id"],
        component.source,
        of_part,
    )


def below(start: Sql) -> Sql:
    """The common table expression of parts and all their own parts, each with its level, up to the sixth."""
    component = rows(product_component, sql("p"), company=sql("b.company_id"))
    of_whole = every([*component.where, sql("{} = b.id", component["product_id"])])
    return sql(
        "b(company_id, id, n) as ({} union select b.company_id, {}, b.n + 1 from b join {} on {} where b.n < 6)",
        start,
        component["child_id"],
        component.source,
        of_whole,
    )


def counted_already(row: NewRow) -> Sql:
    """A stock at the beginning of a counting that does not begin."""
    return sql("{} is not null and not ({})", row["opening_stock"], begins(row))


def begins(row: NewRow) -> Sql:
    """The counting of the stock begins."""
    return sql("'trackStock' = any({}) and {} is not null", row["changed"], row["track_stock_since"])


def opening(pairs: Sql, company: Sql) -> Sql:
    """The movement that brings the stock to the stated number; earlier movements stay, so it is the difference."""
    moved = rows(stock_movement, sql("s"), company=company)
    of_product = every([*moved.where, sql("{} = w.id", moved["product_id"]), sql("{} = 'MOVED'", moved["kind"])])
    return sql(
        "insert into stock_movement (company_id, product_id, quantity, reason, by_id) select {}, w.id, "
        "coalesce(g.opening_stock - (select coalesce(sum({}), 0) from {} where {}), 0), 'OPENING', j.member "
        "from {} cross join judged j where {}",
        company,
        moved["quantity"],
        moved.source,
        of_product,
        pairs,
        begins(NewRow(sql("g"), company)),
    )


KNOWN_ACCOUNT: Final = RowRule(unknown_account, "glAccount", ("glAccount",), UserErrorCode.NOT_FOUND, None)

RULES: Final[Mapping[str, EntityRules]] = {
    "ProductComponent": EntityRules(
        rules=(
            RowRule(contains_itself, "productId", ("productId",)),
            RowRule(too_deep, "productId", ("productId",), reason=Reason.RANGE),
        ),
        turn="COMPOSITION",
    ),
    "ProductGroup": EntityRules(rules=(KNOWN_ACCOUNT,)),
    "Product": EntityRules(
        numbering=Numbering("PRODUCT", "P"),
        derived={"vat_type": vat_type, "gl_account": account_of_group},
        follows={
            "price": Following(("profit_margin",), price),
            "profit_margin": Following(
                ("price", "purchase_price", "profit_margin", "vat_type", "vat_rate"), profit_margin
            ),
        },
        rules=(
            RowRule(unpriced, "price", ("price", "profitMargin"), reason=Reason.REQUIRED),
            RowRule(too_dear, "profitMargin", ("price", "profitMargin"), reason=Reason.RANGE),
            RowRule(unusual_rate, "vatRate", ("vatRate",), reason=Reason.NOT_ALLOWED),
            KNOWN_ACCOUNT,
            RowRule(counted_already, "openingStock", ()),
        ),
        effects=(Effect("trackStock", opening),),
        apart=(("price", "profitMargin"),),
    ),
}
