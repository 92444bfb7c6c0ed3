"""What the refrigerant of an installation would do to the climate."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, join, literal, number, sql
from db.tables.climate import WARMING
from resolvers.compilation import Row
from resolvers.resolution import Arguments, Leaf, Resolution


def _co2_equivalent(row: Row, arguments: Arguments) -> Sql:
    """Tonnes of carbon dioxide that would warm the climate as much, to the kilogram."""
    cases = [sql("when {} then {}", literal(name), number(potential)) for name, potential in WARMING.items()]
    return sql("round({} * case {} {} end / 1000, 3)", row["nominal_kg"], row["refrigerant"], join(" ", cases))


RESOLVERS: Final[Mapping[str, Resolution]] = {"ClimateInstallation.co2EquivalentT": Leaf(_co2_equivalent)}
