"""One's own names and language, wherever one has joined."""

from collections.abc import Mapping
from typing import Final

from resolvers.validation import Checks
from resolvers.writing import Input, Mutation, Write, Written

NAMES: Final = ("firstName", "lastName")
RENAMED: Final = """
first_name = coalesce($2, first_name), last_name = coalesce($3, last_name), language = coalesce($4, language)
"""
RENAME: Final = f"""
with renamed as (
  update account set {RENAMED} where id = $1 returning id
), joined as materialized (
  select m.company_id, m.id from membership m, renamed
  where m.account_id = renamed.id and m.accepted_at is not null and m.removed_at is null
), free as materialized (
  select m.id from membership m join joined j on j.company_id = m.company_id and j.id = m.id
  for no key update of m skip locked
), kept as (
  update membership m set {RENAMED} from free where m.id = free.id
)
select array(select id from joined except select id from free) busy
"""
"""A company that only invites keeps the names that it typed: else its owners would learn those of the login.

What it locks it holds until it ends, so once it holds a membership it waits for no other."""

RENAME_ONE: Final = f"update membership set {RENAMED} where id = $1 and removed_at is null"
"""A membership that was just being changed: it is waited for, and nothing else is held meanwhile."""


async def update_profile(write: Write, given: Input) -> Written:
    """Change the account and all memberships that it accepted; what is left out stays. It changes nobody's access."""
    caller, checks = write.caller, Checks()
    new = {name: checks.name(name, given[name]) for name in NAMES if given.get(name) is not None}
    for member, value in given.items():
        if value is None:
            checks.add(member)
    checks.refuse()
    if given:
        language = given["language"].name if "language" in given else None
        names = (*(new.get(name) for name in NAMES), language)
        for busy in await write.connection.fetchval(RENAME, caller.account, *names):
            await write.connection.execute(RENAME_ONE, busy, *names)
    return Written()


MUTATIONS: Final[Mapping[str, Mutation]] = {"updateProfile": Mutation(update_profile, alone=True)}
