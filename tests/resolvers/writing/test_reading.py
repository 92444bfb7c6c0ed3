"""What an input becomes, and every problem that needs no database."""

from decimal import Decimal
from typing import Any

import orjson
import pytest

from resolvers.writing.reading import InputReader
from resolvers.writing.value_reading import NO_ROW
from schema.declarations.writing import WriteAction
from schema.types.core.customers import DiscountType
from tests.resolvers.writing.desk import write_of

COMPANY = "com_" + "1" * 32
CREATE = InputReader(write_of("Customer", WriteAction.CREATE))
UPDATE = InputReader(write_of("Customer", WriteAction.UPDATE))
GROUP = InputReader(write_of("ProductGroup", WriteAction.UPDATE))


def read(**given: Any) -> Any:
    return CREATE.read({"companyId": COMPANY, **given})


def problems(**given: Any) -> list[tuple[str, str]]:
    found = GROUP.read({"productGroupId": "prg_" + "2" * 32, **given}).problems
    return [("".join(problem.field or ()), problem.reason.name if problem.reason else "") for problem in found]


def test_values_are_named_by_their_columns() -> None:
    found = read(name=" Zoé ", paymentTermDays=30, discount=Decimal("5.0"), discountType=DiscountType.PERCENT)
    assert orjson.loads(found.json) == {
        "name": "Zoé", "payment_term_days": 30, "discount": "5.0", "discount_type": "PERCENT",
    }  # fmt: skip
    assert (found.row, found.problems, found.members) == (
        "1" * 32, [], ("name", "paymentTermDays", "discount", "discountType"),
    )  # fmt: skip


def test_a_null_is_used_but_a_member_that_is_left_out_is_not() -> None:
    assert read(name="x").used == 0
    assert read(name="x", discount=None).used == read(name="x", discount=Decimal(1)).used != 0


@pytest.mark.parametrize("id_", ["", "cus_" + "1" * 32, "com_1", "com_" + "1" * 31 + "G"])
def test_an_id_that_is_none_names_no_row(id_: str) -> None:
    assert CREATE.read({"companyId": id_, "name": "x"}).row == NO_ROW


def test_an_unknown_link_names_no_row() -> None:
    assert read(name="x", priceTierId="pro_" + "1" * 32).values["price_tier_id"] == NO_ROW


def test_all_problems_are_found_at_once() -> None:
    assert problems(name=" ", profitMargin=Decimal("1.005"), glAccount="x" * 21) == [
        ("name", "REQUIRED"), ("profitMargin", "DECIMALS"), ("glAccount", "TOO_LONG"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "found"),
    [("999.99", []), ("-999.99", []), ("1000", [("profitMargin", "RANGE")]), ("1.2300", []), ("0", []), (None, [])],
)
def test_bounds_and_decimals_of_numbers(value: str | None, found: list[tuple[str, str]]) -> None:
    assert problems(profitMargin=Decimal(value) if value is not None else None) == found


def test_null_where_there_has_to_be_something() -> None:
    assert problems(name=None) == [("name", "REQUIRED")]


@pytest.mark.parametrize("number", ["C1", "c00001", " C000001 "])
def test_a_stated_number_is_written_as_the_companys_own(number: str) -> None:
    assert read(name="x", number=number).values["number"] == "C00001"


@pytest.mark.parametrize("number", ["1", "C0", "K1", "C1234567890", "C1a", ""])
def test_a_number_of_another_kind_is_none(number: str) -> None:
    assert [problem.reason.name for problem in read(name="x", number=number).problems] == ["FORMAT"]


# --- keys


@pytest.mark.parametrize("key", ["", "x" * 101, "a b", "é", "a\n"])
def test_a_key_of_other_characters_is_a_problem(key: str) -> None:
    found = read(name="x", idempotencyKey=key)
    assert (found.key, [problem.field for problem in found.problems]) == (None, [("idempotencyKey",)])


def test_the_digest_is_of_the_input_as_it_was_sent() -> None:
    digests = [
        CREATE.read({"companyId": COMPANY, **given}, "k").digest
        for given in (
            {"name": "x"}, {"name": "x", "idempotencyKey": "other"}, {"name": "x "}, {"name": "x", "discount": None},
            {"name": "x", "discount": Decimal("1.0")}, {"name": "x", "discount": Decimal("1.00")},
        )
    ]  # fmt: skip
    assert digests[0] == digests[1]
    assert len(set(digests)) == 5


def test_a_key_in_the_input_goes_before_the_one_beside_it() -> None:
    assert CREATE.read({"companyId": COMPANY, "name": "x", "idempotencyKey": "in"}, "beside").key == "in"
    assert CREATE.read({"companyId": COMPANY, "name": "x"}, "beside").key == "beside"


def test_a_trial_claims_no_key() -> None:
    found = read(name="x", validateOnly=True, idempotencyKey="k")
    assert (found.is_trial, found.key, found.digest) == (True, None, None)
