"""One's own names and language, wherever one has joined."""

from collections.abc import Mapping
from typing import Final

from resolvers.validation import Checks
from resolvers.writing import Input, Mutation, Write, Written, hold_account

NAMES: Final = ("firstName", "lastName")
ACCOUNT: Final = """
update account set first_name = coalesce($2, first_name), last_name = coalesce($3, last_name),
  language = coalesce($4, language)
where id = $1
"""
MEMBERSHIPS: Final = """
update membership set first_name = coalesce($2, first_name), last_name = coalesce($3, last_name),
  language = coalesce($4, language)
where account_id = $1 and accepted_at is not null and removed_at is null
"""
"""A company that only invites keeps the names that it typed: else its owners would learn those of the login."""


async def update_profile(write: Write, given: Input) -> Written:
    """Change the account and all memberships that it accepted; what is left out stays. It changes nobody's access."""
    caller, checks = write.caller, Checks()
    new = {name: checks.name(name, given[name]) for name in NAMES if given.get(name) is not None}
    for member, value in given.items():
        if value is None:
            checks.add(member)
    checks.refuse()
    if given:
        await hold_account(write)
        language = given["language"].name if "language" in given else None
        for statement in (ACCOUNT, MEMBERSHIPS):
            await write.connection.execute(statement, caller.account, *(new.get(name) for name in NAMES), language)
    return Written()


MUTATIONS: Final[Mapping[str, Mutation]] = {"updateProfile": Mutation(update_profile)}
