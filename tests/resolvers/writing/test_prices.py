"""adjustPrices: what is rounded, what follows, what is refused, and what is recorded."""

import asyncio
import secrets
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

import orjson
import pytest

from db.connection import Connection, connect
from db.tokens import hash_token, new_token
from resolvers.writing.prices import MOST
from schema.apps import App
from schema.declarations.writing import WriteAction
from tests.resolvers.writing.desk import Desk, write_of
from tests.resolvers.writing.test_customers import faults
from tests.resolvers.writing.test_every_write import MAKE_CREDENTIAL
from tests.support.company import Person

CREATE, UPDATE, DELETE = (write_of("Product", action) for action in list(WriteAction)[:3])
GROUP: Final = write_of("ProductGroup", WriteAction.CREATE)
SHOWN: Final = "count replayed products { id price profitMargin version } company { id } errors { code field reason }"
VIEW_AS: Final = "mutation ($input: StartViewAsInput!) { startViewAs(input: $input) { token } }"
PATIENCE: Final = 120
WAITS: Final = "select count(*) from pg_locks where not granted"
STEPS: Final = {"CENT": Decimal("0.01"), "FIVE_CENTS": Decimal("0.05"), "TEN_CENTS": Decimal("0.1")}
MAKE_MANY: Final = """
insert into product (company_id, group_id, sequence_number, number, name, price, vat_rate)
select $1, $2, n, 'P' || n, 'Many', 1, 21 from generate_series(1000000, 999999 + $3::int) n
"""


def key_of(id_: str) -> uuid.UUID:
    """The key in a global id."""
    return uuid.UUID(hex=id_[4:])


async def product(desk: Desk, price: str, **given: Any) -> str:
    """The id of a new product."""
    return (await row(desk, price, **given))["id"]


async def row(desk: Desk, price: str, **given: Any) -> dict[str, Any]:
    """A new product."""
    shown = "product { id price profitMargin version }"
    payload = await desk.write(
        desk.firm["owner"], CREATE, shown, companyId=desk.firm.id, name="Bolt", price=price, **given
    )
    assert payload["errors"] == []
    return payload["product"]


async def group(desk: Desk) -> str:
    """The id of a new group."""
    payload = await desk.write(
        desk.firm["owner"], GROUP, "productGroup { id }", companyId=desk.firm.id, name=secrets.token_hex(4)
    )
    return payload["productGroup"]["id"]


async def adjust(desk: Desk, percent: str, *, who: Person | str | None = None, **given: Any) -> dict[str, Any]:
    """The payload of a change of prices; without one, the codes of the errors."""
    query = f"mutation ($input: AdjustPricesInput!) {{ adjustPrices(input: $input) {{ {SHOWN} }} }}"
    input_ = {"companyId": desk.firm.id, "percent": percent, **given}
    result = await desk.send(who if who is not None else desk.firm["owner"], query, input=input_)
    assert result.data is not None, result.errors
    payload = orjson.loads(result.data)["adjustPrices"]
    return payload if payload is not None else {"codes": [error.code.value for error in result.errors]}


def prices(payload: dict[str, Any]) -> list[str]:
    """The new prices, which are of whole cents."""
    assert all(one["price"].endswith("00") for one in payload["products"])
    return [one["price"][:-2] for one in payload["products"]]


# --- what is rounded, and what follows


@pytest.mark.parametrize("step", STEPS)
async def test_prices_are_rounded_half_away_from_zero(desk: Desk, step: str) -> None:
    stated = ["0.0050", "0.0249", "1.0000", "12.3450", "99.9999", "1234567.8905", "0.0000"]
    ids = [await product(desk, price) for price in stated]
    for percent in ("2.5", "-2.5", "10", "-100", "33.33"):
        expected = [
            (Decimal(price) * (1 + Decimal(percent) / 100) / STEPS[step]).quantize(1, ROUND_HALF_UP) * STEPS[step]
            for price in stated
        ]
        rows = await desk.connection.fetch(
            "update product p set price = s.price from unnest($1::uuid[], $2::numeric[]) s(id, price) "
            "where p.id = s.id returning p.id", [uuid.UUID(hex=id_[4:]) for id_ in ids], list(map(Decimal, stated)),
        )  # fmt: skip
        assert len(rows) == len(ids)
        payload = await adjust(desk, percent, productIds=ids, roundTo=step)
        changed = {one["id"]: Decimal(one["price"]) for one in payload["products"]}
        wanted = {id_: new for id_, old, new in zip(ids, stated, expected, strict=True) if new != Decimal(old)}
        assert changed == wanted
        assert (payload["count"], payload["errors"]) == (len(wanted), [])


async def test_the_margin_follows_as_when_the_price_is_stated(desk: Desk) -> None:
    for more in ({"vatType": "EXCL"}, {"vatType": "INCL", "vatRate": "21.00"}):
        given = {"purchasePrice": "7.1234", **more}
        one, other = [await product(desk, "10.00", **given) for _ in range(2)]
        payload = await adjust(desk, "12.5", productIds=[one])
        (found,) = payload["products"]
        stated = await desk.write(
            desk.firm["owner"], UPDATE, "product { price profitMargin version }", productId=other, price="11.25"
        )
        assert stated["product"] == {name: found[name] for name in ("price", "profitMargin", "version")}
        assert found["profitMargin"] is not None


async def test_a_margin_follows_that_one_does_not_see(desk: Desk) -> None:
    anna, id_ = desk.firm["anna"], await product(desk, "10.00", purchasePrice="5.00", vatType="EXCL")
    await desk.allow(anna)
    payload = await adjust(desk, "10", who=anna, productIds=[id_])
    assert payload["products"] == [{"id": id_, "price": "11.0000", "profitMargin": None, "version": 2}]
    await desk.allow(anna, App.PURCHASES)
    same = await adjust(desk, "0", who=anna, productIds=[id_])
    assert (same["count"], same["products"]) == (0, [])
    find = "select profit_margin from product where id = $1"
    assert await desk.connection.fetchval(find, uuid.UUID(hex=id_[4:])) == Decimal("120.00")
    await desk.allow(anna)


# --- what is recorded


async def test_each_changed_product_has_a_row_in_the_trail_and_no_other(desk: Desk) -> None:
    ids = [await product(desk, price) for price in ("10.00", "0.01", "20.00")]
    before = await desk.rows("product")
    payload = await adjust(desk, "1", productIds=[*ids, ids[0]])
    assert [(one["id"], one["price"], one["version"]) for one in payload["products"]] == [
        (ids[0], "10.1000", 2), (ids[2], "20.2000", 2),
    ]  # fmt: skip
    find = "select key, kind, fields, actor_id, entity from change where operation = 'adjustPrices' and key = any($1)"
    told = await desk.connection.fetch(find, [uuid.UUID(hex=id_[4:]) for id_ in ids])
    owner = desk.firm["owner"].account
    assert sorted(tuple(one) for one in told) == sorted(
        (uuid.UUID(hex=id_[4:]), "CHANGED", ["price"], owner, "Product") for id_ in (ids[0], ids[2])
    )
    after = await desk.rows("product")
    assert len(after.pop("change")) == len(before.pop("change")) + 2
    assert after == before
    by = "select updated_by, version from product where id = $1"
    assert tuple(await desk.connection.fetchrow(by, uuid.UUID(hex=ids[1][4:])) or ()) == (owner, 1)


async def test_a_group_is_changed_whole_and_nothing_beside_it(desk: Desk) -> None:
    of_group, other = await group(desk), await group(desk)
    inside = [await product(desk, "10.00", groupId=of_group) for _ in range(3)]
    await product(desk, "10.00", groupId=other)
    await desk.write(desk.firm["owner"], DELETE, productId=inside[2])
    payload = await adjust(desk, "5", groupId=of_group)
    assert [one["id"] for one in payload["products"]] == inside[:2]
    assert (payload["count"], prices(payload)) == (2, ["10.50", "10.50"])
    assert (await adjust(desk, "5", groupId=await group(desk)))["count"] == 0


async def test_a_payload_shows_the_first_hundred_and_a_limit_is_told(desk: Desk) -> None:
    of_group = await group(desk)
    key = uuid.UUID(hex=of_group[4:])
    await desk.connection.execute(MAKE_MANY, desk.firm.key, key, MOST + 1)
    before = await desk.rows()
    refused = await adjust(desk, "5", groupId=of_group)
    assert (faults(refused), refused["count"], refused["products"]) == ([("groupId", "LIMIT_REACHED")], None, None)
    assert await desk.rows() == before
    await desk.connection.execute("delete from product where group_id = $1 and sequence_number = 1000000", key)
    payload = await adjust(desk, "5", groupId=of_group)
    assert "codes" not in payload, payload
    assert (payload["count"], len(payload["products"]), set(prices(payload))) == (MOST, 100, {"1.05"})
    assert [one["id"] for one in payload["products"]] == sorted(one["id"] for one in payload["products"])
    await desk.connection.execute("delete from product where group_id = $1", key)


# --- what is refused


async def test_a_product_that_one_does_not_see_is_told_by_its_place(desk: Desk) -> None:
    mine, gone = await product(desk, "10.00"), await product(desk, "10.00")
    await desk.write(desk.firm["owner"], DELETE, productId=gone)
    theirs = await desk.write(
        desk.other["owner"], CREATE, "product { id }", companyId=desk.other.id, name="x", price="1.00"
    )
    before = await desk.rows()
    ids = [mine, theirs["product"]["id"], gone, f"pro_{uuid.uuid4().hex}", "x", f"cus_{mine[4:]}", "key:no"]
    payload = await adjust(desk, "5", productIds=ids)
    assert faults(payload) == [(f"productIds.{n}", "NOT_FOUND") for n in range(1, len(ids))]
    assert (payload["products"], payload["count"], payload["company"]) == (None, None, {"id": desk.firm.id})
    for id_ in (f"prg_{uuid.uuid4().hex}", mine, "key:no"):
        assert faults(await adjust(desk, "5", groupId=id_)) == [("groupId", "NOT_FOUND")]
    assert await desk.rows() == before


async def test_which_products_is_said_in_one_way(desk: Desk) -> None:
    id_, of_group = await product(desk, "10.00"), await group(desk)
    cases: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
        ({}, [("productIds", "REQUIRED")]),
        ({"productIds": []}, [("productIds", "REQUIRED")]),
        ({"productIds": None, "groupId": None}, [("productIds", "REQUIRED")]),
        ({"productIds": [id_], "groupId": of_group}, [("productIds", "COMBINATION")]),
        ({"productIds": [id_] * 101}, [("productIds", "TOO_LONG")]),
        ({"productIds": [id_], "idempotencyKey": "é"}, [("idempotencyKey", "FORMAT")]),
    ]
    for given, found in cases:
        assert faults(await adjust(desk, "5", **given)) == found


async def test_a_price_stays_within_what_may_be_written(desk: Desk) -> None:
    ids = [await product(desk, "10.00"), await product(desk, "9999999990.00")]
    before = await desk.rows()
    for percent, reason in (("-100.01", "RANGE"), ("1000.01", "RANGE"), ("1.001", "DECIMALS"), ("1", "RANGE")):
        payload = await adjust(desk, percent, productIds=ids)
        assert faults(payload) == [("percent", reason)]
    assert faults(await adjust(desk, "1", productIds=ids, validateOnly=True)) == [("percent", "RANGE")]
    assert await desk.rows() == before
    assert prices(await adjust(desk, "-100", productIds=ids)) == ["0.00", "0.00"]


async def test_who_only_reads_looks_or_is_elsewhere_changes_nothing(desk: Desk) -> None:
    id_, owner = await product(desk, "10.00"), desk.firm["owner"]
    tokens = {read_only: new_token("enk") for read_only in (True, False)}
    for read_only, token in tokens.items():
        await desk.connection.execute(MAKE_CREDENTIAL, hash_token(token), owner.account, read_only)
    asked = {"companyId": desk.firm.id, "userId": desk.firm["bram"].id}
    look = orjson.loads((await desk.send(owner, VIEW_AS, input=asked)).data or b"")["startViewAs"]["token"]
    before = await desk.rows()
    for token in (tokens[True], look):
        assert await adjust(desk, "5", who=token, productIds=[id_]) == {"codes": ["FORBIDDEN"]}
    for company in (desk.other.id, f"com_{uuid.uuid4().hex}", "x"):
        payload = await adjust(desk, "5", companyId=company, productIds=[id_])
        assert (faults(payload), payload["company"]) == ([("companyId", "NOT_FOUND")], None)
    assert await desk.rows() == before
    assert prices(await adjust(desk, "5", who=tokens[False], productIds=[id_])) == ["10.50"]


# --- keys, trials, races


async def test_a_repeated_key_writes_once_and_shows_the_same(desk: Desk) -> None:
    ids, key = [await product(desk, "10.00") for _ in range(3)], secrets.token_hex(8)
    given: dict[str, Any] = {"productIds": ids, "idempotencyKey": key}
    answers = await asyncio.gather(*(adjust(desk, "10", **given) for _ in range(4)))
    assert sorted(answer["replayed"] for answer in answers) == [False, True, True, True]
    assert all(prices(answer) == ["11.00"] * 3 and answer["count"] == 3 for answer in answers)
    assert faults(await adjust(desk, "11", **given)) == [("idempotencyKey", "KEY_REUSED")]
    again = await adjust(desk, "10", who=desk.firm["partner"], **given)
    assert (again["replayed"], prices(again)) == (False, ["12.10"] * 3)


async def test_a_trial_counts_what_would_change(desk: Desk) -> None:
    ids, key = [await product(desk, price) for price in ("10.00", "0.01")], secrets.token_hex(8)
    before = await desk.rows()
    payload = await adjust(desk, "5", productIds=[*ids, ids[0]], validateOnly=True, idempotencyKey=key)
    assert (payload["count"], payload["products"], payload["errors"]) == (1, None, [])
    assert await desk.rows() == before
    assert (await adjust(desk, "5", productIds=ids, idempotencyKey=key))["replayed"] is False


async def test_of_changes_at_once_none_is_lost(desk: Desk) -> None:
    ids = [await product(desk, "100.00") for _ in range(5)]
    answers = await asyncio.gather(
        *(adjust(desk, "10", productIds=ids[:: -1 if n % 2 else 1]) for n in range(4)),
        desk.write(desk.firm["owner"], UPDATE, "product { id }", productId=ids[2], name="Nut"),
    )
    assert all(answer["errors"] == [] for answer in answers)
    found = await desk.connection.fetch(
        "select price, version, name from product where id = any($1) order by id",
        [uuid.UUID(hex=id_[4:]) for id_ in ids],
    )
    assert [tuple(one) for one in found] == [
        (Decimal("146.4100"), 6 if n == 2 else 5, "Nut" if n == 2 else "Bolt") for n in range(5)
    ]


@asynccontextmanager
async def held(desk: Desk, *ids: str) -> AsyncGenerator[Connection]:
    """A transaction of somebody else that has the rows of products, until the block ends and commits it."""
    connection = await connect(desk.dsn)
    try:
        async with connection.transaction():
            await connection.execute("select from product where id = any($1) for update", list(map(key_of, ids)))
            yield connection
    finally:
        await connection.close()


async def waiting(desk: Desk, count: int = 1) -> None:
    """Wait until so many statements wait for a row."""
    async with asyncio.timeout(PATIENCE):
        while await desk.connection.fetchval(WAITS) < count:  # noqa: ASYNC110  # it is the database that says so
            await asyncio.sleep(0.01)


async def test_what_changes_while_it_waits_is_judged_anew_and_nothing_is_written_by_half(desk: Desk) -> None:
    dear, gone, free, plain = ids = [await product(desk, "100.00") for _ in range(4)]
    async with held(desk, *ids) as other:
        asked = asyncio.ensure_future(adjust(desk, "10", productIds=ids))
        await waiting(desk)
        await other.execute("update product set price = 9999999999 where id = $1", key_of(dear))
        await other.execute("update product set deleted_at = now() where id = $1", key_of(gone))
        await other.execute("update product set price = 0 where id = $1", key_of(free))
    payload = await asked
    assert faults(payload) == [("percent", "RANGE"), ("productIds.1", "NOT_FOUND")]
    stored = "select price, version from product where id = any($1) order by id"
    found = [tuple(row) for row in await desk.connection.fetch(stored, list(map(key_of, (free, plain))))]
    assert found == [(Decimal("0.0000"), 1), (Decimal("100.0000"), 1)]
    trail = "select count(*) from change where key = any($1) and kind = 'CHANGED'"
    assert await desk.connection.fetchval(trail, list(map(key_of, ids))) == 0


async def test_what_became_free_meanwhile_is_left_as_it_is(desk: Desk) -> None:
    free, plain = ids = [await product(desk, "100.00") for _ in range(2)]
    async with held(desk, *ids) as other:
        asked = asyncio.ensure_future(adjust(desk, "10", productIds=ids))
        await waiting(desk)
        await other.execute("update product set price = 0 where id = $1", key_of(free))
    payload = await asked
    assert ([one["id"] for one in payload["products"]], payload["errors"]) == ([plain], [])


async def test_the_same_key_twice_at_once_is_done_once_also_if_the_second_would_change_nothing(desk: Desk) -> None:
    (only,) = ids = [await product(desk, "100.00")]
    given: dict[str, Any] = {"productIds": ids, "idempotencyKey": secrets.token_hex(8)}
    async with held(desk, only):
        asked = [asyncio.ensure_future(adjust(desk, "-100", **given)) for _ in range(2)]
        await waiting(desk, 2)
    answers = [await one for one in asked]
    assert sorted(answer["replayed"] for answer in answers) == [False, True]
    assert [(answer["count"], answer["errors"]) for answer in answers] == [(1, [])] * 2


async def test_products_and_groups_may_be_named_by_the_keys_of_their_creation(desk: Desk) -> None:
    key = secrets.token_hex(8)
    of_group = await desk.write(
        desk.firm["owner"], GROUP, "productGroup { id }", companyId=desk.firm.id, name="x", idempotencyKey=key
    )
    id_ = await product(desk, "10.00", groupId=of_group["productGroup"]["id"], idempotencyKey=key)
    assert [one["id"] for one in (await adjust(desk, "5", groupId=f"key:{key}"))["products"]] == [id_]
    assert prices(await adjust(desk, "5", productIds=[f"key:{key}"])) == ["11.03"]
    partner = await adjust(desk, "5", who=desk.firm["partner"], productIds=[f"key:{key}"])
    assert faults(partner) == [("productIds.0", "NOT_FOUND")]
