"""The climate effect of an installation's refrigerant."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, join, literal, number, sql
from db.tables.work.climate import WARMING
from resolvers.compilation.context import Row
from resolvers.compilation.resolution import Arguments, Leaf, Resolution


def _co2_equivalent(row: Row, arguments: Arguments) -> Sql:
    """The carbon dioxide equivalent of the nominal charge in tonnes, rounded to the kilogram."""
    cases = [sql("when {} then {}", literal(name), number(potential)) for name, potential in WARMING.items()]
    return sql("round({} * case {} {} end / 1000, 3)", row["nominal_kg"], row["refrigerant"], join(" ", cases))


RESOLVERS: Final[Mapping[str, Resolution]] = {"ClimateInstallation.co2EquivalentT": Leaf(_co2_equivalent)}
