"""The caller's own names and language, in the account and in every company that the caller has joined."""

from collections.abc import Mapping
from typing import Final

from resolvers.mutations.company_lock import LOCK_ACCOUNT
from resolvers.mutations.context import InputValues, Mutation, MutationContext, MutationResult
from resolvers.mutations.input_checks import InputChecks
from resolvers.mutations.own_account import LOCK_MEMBERSHIP, SIGNED_IN, write_own
from schema.errors import ValidationReason as Reason

NAMES: Final = ("firstName", "lastName")
RENAMED: Final = """
first_name = coalesce($3, first_name), last_name = coalesce($4, last_name), language = coalesce($5, language)
"""
RENAME_ACCOUNT: Final = f"""
{SIGNED_IN}, found as materialized (
  select a.id from account a join signed_in s on s.id = a.id for no key update of a skip locked
), renamed as (
  update account a set {RENAMED} from found where a.id = found.id
), joined as materialized (
  select m.company_id, m.id from membership m join found on m.account_id = found.id
  where m.accepted_at is not null and m.removed_at is null
), free as materialized (
  select m.id from membership m join joined j on j.company_id = m.company_id and j.id = m.id
  for no key update of m skip locked
), kept as (
  update membership m set {RENAMED} from free where m.id = free.id
)
select not exists (select from found) busy, array(select id from joined except select id from free) left_out
from signed_in
"""
"""Renames the account and its accepted memberships; `left_out` are those that another transaction has locked. A company
with a pending invitation keeps the names that it typed: else its owners would learn those of the login."""

RENAME_MEMBERSHIP: Final = f"""
{SIGNED_IN}, found as materialized (
  select m.id from membership m join signed_in s on s.id = m.account_id
  where m.id = $6 for no key update of m skip locked
), renamed as (
  update membership m set {RENAMED} from found where m.id = found.id and m.removed_at is null
)
select not exists (select from found) busy from signed_in
"""
"""Renames a membership that was left out."""


async def update_profile(write: MutationContext, given: InputValues) -> MutationResult:
    """Change names and language of the account and its accepted memberships. A member that is left out stays.

    Raises Unauthenticated and UserErrors (VALIDATION). Changes no access.
    """
    checks = InputChecks()
    new = {name: checks.name(name, given[name]) for name in NAMES if given.get(name) is not None}
    for member, value in given.items():
        if value is None:
            checks.add(member, Reason.REQUIRED)
    checks.refuse()
    if given:
        language = given["language"].name if "language" in given else None
        names = (*(new.get(name) for name in NAMES), language)
        renamed = await write_own(write, RENAME_ACCOUNT, LOCK_ACCOUNT, write.caller.account, *names)
        for membership in renamed["left_out"]:
            await write_own(write, RENAME_MEMBERSHIP, LOCK_MEMBERSHIP, membership, *names, membership)
    return MutationResult()


MUTATIONS: Final[Mapping[str, Mutation]] = {"updateProfile": Mutation(update_profile, alone=True)}
