"""Random addresses, telephone numbers, and numbers of enterprises and bank accounts."""

from dataclasses import dataclass
from random import Random

from db.belgium import enterprise_number, iban
from db.demo.chance import happens
from db.demo.words.places import STREETS, Town

BANKS = (1, 35, 63, 68, 88, 132, 210, 240, 310, 363, 370, 732, 750, 795, 860, 973)


@dataclass(frozen=True, slots=True)
class Address:
    """A street and number in a town."""

    street: str
    number: str
    town: Town


def address(chance: Random, towns: tuple[Town, ...]) -> Address:
    """A random address in one of `towns`."""
    town = chance.choice(towns)
    box = chance.choice("ABC") if happens(chance, 0.08) else ""
    return Address(chance.choice(STREETS[town.language]), f"{chance.randint(1, 240)}{box}", town)


def phone(chance: Random, town: Town) -> str:
    """The number of a fixed line in `town`, in international form."""
    prefix = town.prefix if town.prefix.startswith("+") else f"+32 {town.prefix.removeprefix('0')}"
    return f"{prefix} {chance.randint(200, 799)} {chance.randint(0, 99):02d} {chance.randint(0, 99):02d}"


def mobile(chance: Random, town: Town) -> str:
    """A mobile number of the town's country."""
    country = "+32" if town.country == "BE" else town.prefix
    return f"{country} 4{chance.randint(70, 99)} {' '.join(f'{chance.randint(0, 99):02d}' for _ in range(3))}"


def enterprise(chance: Random) -> str:
    """A Belgian enterprise number with valid check digits."""
    return enterprise_number(chance.randint(4_000_000, 8_099_999))


def bank_account(chance: Random) -> str:
    """A Belgian IBAN with valid check digits."""
    return iban(chance.choice(BANKS), chance.randint(0, 9_999_999))


def foreign_vat_number(chance: Random, country: str) -> str | None:
    """A VAT number of France or Luxembourg with valid check digits; None for a country outside the Union."""
    match country:
        case "LU":
            front = chance.randint(100_000, 399_999)
            return f"LU{front}{front % 89:02d}"
        case "FR":
            siren = _with_luhn(chance.randint(30_000_000, 89_999_999))
            return f"FR{(12 + 3 * (siren % 97)) % 97:02d}{siren}"
        case _:
            return None


def _with_luhn(front: int) -> int:
    doubled = [int(digit) * (2 - index % 2) for index, digit in enumerate(reversed(str(front)))]
    total = sum(digit - 9 if digit > 9 else digit for digit in doubled)
    return front * 10 + -total % 10
