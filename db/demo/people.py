"""Accounts of the demo: takes names and moments, gives rows; the one password is hashed once and its hash shared."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from random import Random

from argon2 import PasswordHasher

from db.demo.chance import uuid4
from db.demo.names import FIRST_NAMES, SURNAMES
from db.demo.rows import AccountRow

DOMAIN = "demo.enfact.test"
PASSWORD = "demo-enfact-2026"  # noqa: S105 - published on purpose: the demo is for everybody
SALT = b"enfact demo salt"


@dataclass(frozen=True, slots=True)
class Name:
    """How a person is called and which language they read."""

    first: str
    last: str
    language: str


def demo_hash() -> str:
    """The encoded argon2 hash of the demo's password. Its salt is fixed, so that two demos are equal."""
    return PasswordHasher().hash(PASSWORD, salt=SALT)


def slug(text: str) -> str:
    """`text` as it stands in an address: lower case ASCII letters, digits and single hyphens."""
    plain = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("’", "-")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def person(chance: Random, language: str) -> Name:
    """Somebody who speaks `language`; German and English speakers get the names of their French neighbours."""
    pool = language if language in FIRST_NAMES else "FR"
    return Name(chance.choice(FIRST_NAMES[pool]), chance.choice(SURNAMES[pool]), language)


class Accounts:
    """The accounts made so far; no two share an address."""

    def __init__(self, password_hash: str, chance: Random) -> None:
        self._hash = password_hash
        self._chance = chance
        self.rows: list[AccountRow] = []
        self._taken: set[str] = set()

    def add(self, name: Name, at: datetime, login: str | None = None, *, office: str | None = None) -> AccountRow:
        """A confirmed account, an accountant's when `office` is given; `login` is the address before the @."""
        return self._add(name, at, login, office=office, confirmed=True)

    def invite(self, name: Name, at: datetime, login: str | None = None) -> AccountRow:
        """An account whose bearer has not answered the invitation: without password, unconfirmed."""
        return self._add(name, at, login, office=None, confirmed=False)

    def _add(self, name: Name, at: datetime, login: str | None, *, office: str | None, confirmed: bool) -> AccountRow:
        row = AccountRow(
            id=uuid4(self._chance),
            email=self._address(login or slug(f"{name.first} {name.last}").replace("-", ".")),
            password_hash=self._hash if confirmed else None,
            first_name=name.first,
            last_name=name.last,
            language=name.language,
            kind="MEMBER" if office is None else "ACCOUNTANT",
            office_name=office,
            confirmed=confirmed,
            created_at=at,
        )
        self.rows.append(row)
        return row

    def _address(self, login: str) -> str:
        candidates = (f"{login}{number or ''}@{DOMAIN}" for number in range(len(self._taken) + 2) if number != 1)
        address = next(candidate for candidate in candidates if candidate not in self._taken)
        self._taken.add(address)
        return address
