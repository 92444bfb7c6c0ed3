"""Units of measure, chosen by the names of products."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from db.demo.rows import Record
from db.demo.scene import Scene

AFTER = ("composition", "orders", "purchases", "tickets", "titles")


@dataclass(frozen=True, slots=True)
class Measure:
    """A unit: its code, its name and symbol in French and Dutch, and a pattern of the names of its products."""

    code: str
    names: dict[str, str]
    symbols: dict[str, str]
    pattern: re.Pattern[str]


def _measure(code: str, names: str, symbols: str, pattern: str) -> Measure:
    french, dutch = names.split("/")
    abroad = symbols.split("/")
    return Measure(
        code, {"FR": french, "NL": dutch}, {"FR": abroad[0], "NL": abroad[-1]}, re.compile(pattern, re.IGNORECASE)
    )


MEASURES = (
    _measure("HUR", "Heure/Uur", "h/u", r"\b(heure|uur|werkuren)\b"),
    _measure("MTK", "Mètre carré/Vierkante meter", "m²", r"\bm²"),
    _measure("MTQ", "Mètre cube/Kubieke meter", "m³", r"\bm³"),
    _measure("KMT", "Kilomètre/Kilometer", "km", r"\bkilom(è|e)t"),
    _measure("KGM", "Kilogramme/Kilogram", "kg", r", kg$"),
    _measure("MTR", "Mètre/Meter", "m", r"\b(mètre|meter|Tube|Isolant)\b"),
    _measure("DAY", "Jour/Dag", "j/d", r", (jour|dag)$"),
    _measure("MON", "Mois/Maand", "mois/mnd", r"\bmois$|\bmensuelle\b"),
    _measure("XCR", "Casier/Bak", "cas./bak", r"\bcasier\b"),
    _measure("XKG", "Fût/Vat", "fût/vat", r"\bfût\b"),
    _measure("XCT", "Carton/Doos", "ct./ds.", r"\b(carton|plateau|pack)\b"),
    _measure("XBO", "Bouteille/Fles", "btl./fl.", r"\b\d+ cl\b|° \d+ l$"),
    _measure("LS", "Forfait/Forfait", "forf.", r"\bforfait\b"),
    _measure("C62", "Pièce/Stuk", "pce/st.", ""),
)
"""Units in the order of matching: the first that fits counts. Codes are of UNECE recommendation 20; X… are packages."""

PRODUCTS_OF_TRIAL = 2


def play(scene: Scene) -> None:
    """Add units, and set them on all products and lines where the app is used, else on the few of the trial."""
    products = scene.all("product")
    if not _works_with_units(scene):
        products = products[:PRODUCTS_OF_TRIAL]
    units = _units_of(scene, products)
    in_unit: dict[UUID, UUID] = {}
    for product in products:
        unit = units[_fitting(product["name"]).code]
        scene.change(product, unit_id=unit)
        in_unit[product["id"]] = unit
    for line in _lines(scene):
        if line.get("product_id") in in_unit:
            scene.change(line, unit_id=in_unit[line["product_id"]])


def _works_with_units(scene: Scene) -> bool:
    return scene.has("UNITS")


def _fitting(name: str) -> Measure:
    return next(measure for measure in MEASURES if measure.pattern.search(name))


def _units_of(scene: Scene, products: Iterable[Record]) -> dict[str, UUID]:
    """Add the units that the products need; returns their keys by code."""
    chance = scene.chance("units")
    needed = {_fitting(product["name"]).code for product in products} | {"C62", "HUR"}
    return {
        measure.code: scene.add(
            "unit",
            scene.created + timedelta(days=3, minutes=10 + place),
            chance,
            code=measure.code,
            name=measure.names[scene.language],
            symbol=measure.symbols[scene.language],
        )
        for place, measure in enumerate(MEASURES)
        if measure.code in needed
    }


def _lines(scene: Scene) -> list[Record]:
    """The lines that may have a unit: all where the app is used, else the first ones, about those of the trial."""
    lines = scene.all("document_line")
    return lines if _works_with_units(scene) else lines[:20]
