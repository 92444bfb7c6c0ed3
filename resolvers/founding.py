"""Founding a company: its base modules and parts are active, and who founds it is its owner."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from resolvers.trail import Change, grant_first, record
from resolvers.writing import Input, Write
from schema.apps import CATALOGUE, AppKind
from schema.language import Language

COMPANY: Final = """
insert into company (name, language, mask)
select $1, $2, bit_or(set_bit(repeat('0', 256)::bit(256), position, 1)) from app where kind in ('BASE', 'PART')
returning id, clock_timestamp() at
"""
ACTIVATE: Final = """
insert into company_app (company_id, app_id, valid, activated_by)
select $1, id, tstzrange($2, null), $3 from app where kind in ('BASE', 'PART')
"""
SETTINGS: Final = "insert into company_settings (company_id) values ($1)"
OWNER: Final = """
insert into membership (company_id, account_id, role, first_name, last_name, language, created_at, accepted_at)
values ($1, $2, 'OWNER', $3, $4, $5, $6, $6) returning id
"""


def rows_of_company(given: Input) -> int:
    """How many rows a new company takes: its apps, its settings, its first member with toggles, the trail."""
    active = sum(entry.kind in (AppKind.BASE, AppKind.PART) for entry in CATALOGUE.values())
    toggled = sum(entry.always_visible for entry in CATALOGUE.values())
    return 4 + active + toggled


@dataclass(frozen=True, slots=True)
class Founder:
    """The account that founds a company, and how it is called there."""

    account: uuid.UUID
    first_name: str
    last_name: str
    language: Language


async def found(write: Write, name: str, founder: Founder) -> uuid.UUID:
    """Found a company with that name; gives its key."""
    key, at = await establish(write, name, founder.language, founder.account)
    member = await write.connection.fetchval(
        OWNER, key, founder.account, founder.first_name, founder.last_name, founder.language.name, at
    )
    await grant_first(write, key, member, (), actor=founder.account, at=at)
    await record(write, Change("USER_JOINED", key, member, at, role_after="OWNER"), founder.account)
    return key


async def establish(write: Write, name: str, language: Language, account: uuid.UUID) -> tuple[uuid.UUID, datetime]:
    """Make a company without anybody in it, whose base modules and parts `account` activates; its key and moment."""
    company = await write.connection.fetchrow(COMPANY, name, language.name)
    assert company is not None
    key, at = company["id"], company["at"]
    await write.connection.execute(SETTINGS, key)
    await write.connection.execute(ACTIVATE, key, at, account)
    return key, at
