"""Bar codes: two products may have the same, and then the older one is meant."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, every, sql
from db.tables.products import product
from resolvers.compilation import Row
from resolvers.convert import criterion
from resolvers.resolution import Reference, Resolution


def _scanned(company: Row, found: Row) -> tuple[Sql, ...]:
    coded = company.to.rows(product, company=company["id"])
    asked = sql("{} = {}", coded["ean"], company.to.bind(found.arguments["ean"], criterion, "text"))
    oldest = sql(
        "(select {} from {} where {} order by {} limit 1)",
        coded["id"],
        coded.source,
        every([*coded.where, asked]),
        coded["sequence_number"],
    )
    return (sql("{} = {}", found["id"], oldest),)


RESOLVERS: Final[Mapping[str, Resolution]] = {"Company.productByEan": Reference(_scanned)}
