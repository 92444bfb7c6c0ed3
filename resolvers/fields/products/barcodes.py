"""Bar codes: of several products with the same code the oldest is found."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, every, sql
from db.tables.core.products import product
from resolvers.compilation.context import Row
from resolvers.compilation.resolution import Resolution, ToOne
from resolvers.compilation.texts import Sought, equal


def _scanned(company: Row, found: Row) -> tuple[Sql, ...]:
    coded = company.ctx.rows(product, company=company["id"])
    ean = found.arguments["ean"]
    asked = equal(coded["ean"], "ean", lambda shape: company.ctx.bind(ean, Sought("ean", shape), "text"))
    oldest = sql(
        "(select {} from {} where {} order by {} limit 1)",
        coded["id"],
        coded.source,
        every([*coded.where, sql("{} is null", coded["deleted_at"]), sql("{} is not null", coded["ean"]), asked]),
        coded["sequence_number"],
    )
    return (sql("{} = {}", found["id"], oldest),)


RESOLVERS: Final[Mapping[str, Resolution]] = {"Company.productByEan": ToOne(_scanned)}
