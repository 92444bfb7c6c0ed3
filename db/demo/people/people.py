"""The accounts of the demo; all share one password, which is hashed once."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from random import Random

from argon2 import PasswordHasher

from db.demo.chance import uuid4
from db.demo.rows import AccountRow
from db.demo.words.names import FIRST_NAMES, SURNAMES

DOMAIN = "demo.enfact.test"
PASSWORD = "demo-enfact-2026"
SALT = b"enfact demo salt"


@dataclass(frozen=True, slots=True)
class Name:
    """The name and the language of a person."""

    first: str
    last: str
    language: str


def demo_hash() -> str:
    """The encoded argon2 hash of the demo's password, with a fixed salt, so that two demos are equal."""
    return PasswordHasher().hash(PASSWORD, salt=SALT)


def slug(text: str) -> str:
    """`text` in the form for an e-mail address: lower case ASCII letters, digits and single hyphens."""
    plain = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("’", "-")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def person(chance: Random, language: str) -> Name:
    """A random name for a speaker of `language`; German and English speakers get French names."""
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
        kind = "MEMBER" if office is None else "ACCOUNTANT"
        return self._add(name, at, login, kind=kind, office=office, confirmed=True)

    def employ(self, name: Name, at: datetime, login: str) -> AccountRow:
        """An account of the support staff."""
        return self._add(name, at, login, kind="SUPPORT", confirmed=True)

    def invite(self, name: Name, at: datetime, login: str | None = None) -> AccountRow:
        """An account whose invitation is not accepted yet: unconfirmed, without password."""
        return self._add(name, at, login, kind="MEMBER", confirmed=False)

    def _add(
        self, name: Name, at: datetime, login: str | None, *, kind: str, office: str | None = None, confirmed: bool
    ) -> AccountRow:
        row = AccountRow(
            id=uuid4(self._chance),
            email=self._address(login or slug(f"{name.first} {name.last}").replace("-", ".")),
            password_hash=self._hash if confirmed else None,
            first_name=name.first,
            last_name=name.last,
            language=name.language,
            kind=kind,
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
