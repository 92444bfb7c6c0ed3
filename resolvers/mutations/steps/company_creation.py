"""The creation of a company: its base modules and parts are active, its trial runs, its founder is its owner."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.masks import NO_APPS
from resolvers.mutations.context import InputValues, MutationContext
from resolvers.mutations.steps.audit import AccessChange, grant_first, record
from resolvers.mutations.steps.plan_changes import TRIAL
from schema.apps import CATALOGUE, AppKind
from schema.localization.language import Language

INSERT_COMPANY: Final = f"""
insert into company (name, language, mask, trial_ends_at)
select $1, $2, bit_or(set_bit({NO_APPS}, position, 1)), clock_timestamp() + $3::interval
from app where kind in ('BASE', 'PART')
returning id, (trial_ends_at - $3::interval) at
"""
ACTIVATE_PLAN_APPS: Final = """
insert into company_app (company_id, app_id, valid, activated_by)
select $1, id, tstzrange($2, null), $3 from app where kind in ('BASE', 'PART')
"""
INSERT_SETTINGS: Final = "insert into company_settings (company_id) values ($1)"
INSERT_OWNER: Final = """
insert into membership (company_id, account_id, role, first_name, last_name, language, created_at, accepted_at)
values ($1, $2, 'OWNER', $3, $4, $5, $6, $6) returning id
"""


def rows_of_company(given: InputValues) -> int:
    """The number of rows of a new company: its apps, its settings, its first user with toggles, the audit."""
    active = sum(entry.kind in (AppKind.BASE, AppKind.PART) for entry in CATALOGUE.values())
    toggled = sum(entry.always_visible for entry in CATALOGUE.values())
    return 4 + active + toggled


@dataclass(frozen=True, slots=True)
class Founder:
    """The account that creates a company, with the founder's names and language there."""

    account: uuid.UUID
    first_name: str
    last_name: str
    language: Language


async def found(write: MutationContext, name: str, founder: Founder) -> uuid.UUID:
    """Create a company with this name and its owner; returns its key."""
    key, at = await establish(write, name, founder.language, founder.account)
    member = await write.connection.fetchval(
        INSERT_OWNER, key, founder.account, founder.first_name, founder.last_name, founder.language.name, at
    )
    await grant_first(write, key, member, (), actor=founder.account, at=at)
    await record(write, AccessChange("USER_JOINED", key, member, at, role_after="OWNER"), founder.account)
    return key


async def establish(
    write: MutationContext, name: str, language: Language, account: uuid.UUID
) -> tuple[uuid.UUID, datetime]:
    """Create a company without users; `account` activates its base modules and parts. Returns its key and moment."""
    company = await write.connection.fetchrow(INSERT_COMPANY, name, language.name, TRIAL)
    assert company is not None
    key, at = company["id"], company["at"]
    await write.connection.execute(INSERT_SETTINGS, key)
    await write.connection.execute(ACTIVATE_PLAN_APPS, key, at, account)
    return key, at
