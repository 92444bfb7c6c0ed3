"""The checks find leaks: with a gate removed from the product, the differential and non-interference checks fail."""

import sys
from dataclasses import dataclass
from functools import cache

import pytest

from db.database import Database
from resolvers.execution.executor import Executor
from schema.apps import App
from tests.differential.checks.comparison import Bench
from tests.differential.checks.interference import Laboratory
from tests.differential.checks.planting import leaking
from tests.differential.data.dataset import Viewer, everything_but
from tests.differential.operations.drawn import Case, operations
from tests.differential.operations.examples import examples
from tests.differential.secrets import Secret, secrets
from tests.support.sampling import share

CASES = share(600)
"""A sample draws fewer operations, and finds every leak as well."""


@dataclass(frozen=True, slots=True)
class Plant:
    """A leak: coordinates without their gate, the app of the gate, and the secret that it reveals, if any."""

    name: str
    coordinates: tuple[str, ...]
    app: App
    secret: str | None
    words: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


KINDS = ("Document", "Quote", "Invoice", "CreditNote")
PLANTS = (
    Plant(
        "field",
        tuple(f"{kind}.discount" for kind in KINDS),
        App.DISCOUNTS,
        "document.discount",
        ("documents", "invoices", "nodes", "discount"),
    ),
    Plant(
        "filter",
        tuple(f"{kind}Filter.discount" for kind in KINDS),
        App.DISCOUNTS,
        "document.discount",
        ("documents", "invoices", "nodes", "discount"),
    ),
    Plant(
        "kind",
        ("Quote", "DocumentKind.QUOTE"),
        App.QUOTES,
        "inserted QUOTE",
        ("documents", "nodes", "totalCount", "node"),
    ),
    Plant("enum value", ("DocumentKind.QUOTE",), App.QUOTES, None, ("documents", "QUOTE")),
    Plant(
        "order key",
        tuple(f"{kind}Order.DISCOUNT_{direction}" for kind in KINDS for direction in ("ASC", "DESC")),
        App.DISCOUNTS,
        "document.discount",
        ("documents", "invoices", "nodes", "discount"),
    ),
    Plant(
        "line",
        ("DocumentLine.purchasePrice",),
        App.PURCHASES,
        "document_line.purchase_price",
        ("documents", "lines", "purchasePrice"),
    ),
    Plant("company", ("Company.street",), App.COMPANY_INFO, "company.street", ("company", "companies", "street")),
)


@cache
def _cases(words: tuple[str, ...]) -> list[Case]:
    """Operations that may show a leak."""
    return examples(operations(*words, companies="A"), CASES)


async def _differing(bench: Bench, plant: Plant, viewer: Viewer, product: Executor) -> Case | None:
    for case in _cases(plant.words):
        filled = await bench.fill(case)
        if await bench.difference(filled, viewer, product) is not None:
            return filled
    return None


async def _noticed(bench: Bench, plant: Plant, viewer: Viewer, laboratory: Laboratory) -> Case | None:
    secret = _secret(plant)
    for case in _cases(plant.words):
        filled = await bench.fill(case)
        if await laboratory.noticed(secret, [filled], viewer) is not None:
            return filled
    return None


def _secret(plant: Plant) -> Secret:
    return next(secret for secret in secrets() if secret.name == plant.secret)


@pytest.mark.parametrize("plant", PLANTS, ids=str)
async def test_the_differential_check_finds_a_missing_gate(
    bench: Bench, bench_database: Database, plant: Plant
) -> None:
    viewer = bench.data.viewer(everything_but(plant.app))
    with leaking(*plant.coordinates) as compiler:
        found = await _differing(bench, plant, viewer, Executor(bench_database, compiler, max_cost=sys.maxsize))
    assert found is not None
    assert await bench.difference(found, viewer) is None


@pytest.mark.parametrize("plant", [plant for plant in PLANTS if plant.secret], ids=str)
async def test_the_interference_check_finds_a_missing_gate(bench: Bench, bench_dsn: str, plant: Plant) -> None:
    viewer = bench.data.viewer(everything_but(plant.app))
    with leaking(*plant.coordinates) as compiler:
        async with Laboratory.open(bench_dsn, compiler) as laboratory:
            found = await _noticed(bench, plant, viewer, laboratory)
    assert found is not None
    async with Laboratory.open(bench_dsn) as laboratory:
        assert await laboratory.noticed(_secret(plant), [found], viewer) is None
