"""The plan of a company, which its owners choose; the operator can close that (`ENFACT_PLAN_CHANGES`)."""

from collections.abc import Mapping
from typing import Final

from resolvers.mutations.company_lock import lock_as_owner
from resolvers.mutations.context import (
    InputValues,
    Mutation,
    MutationContext,
    MutationResult,
    UserErrors,
    UserProblem,
)
from resolvers.mutations.steps import plan_changes
from schema.apps import Plan
from schema.errors import UserErrorCode


async def change_plan(write: MutationContext, given: InputValues) -> MutationResult:
    """Change the plan of a company at once. Apps above it sleep, unless the trial runs; apps within it wake.

    Raises Forbidden and UserErrors (NOT_FOUND, VERSION_CONFLICT).
    """
    company = await lock_as_owner(write, given["companyId"])
    written = {"company": company["id"]}
    if given.get("expectedVersion") not in (None, company["access_version"]):
        raise UserErrors(UserProblem(UserErrorCode.VERSION_CONFLICT, ("expectedVersion",)), values=written)
    plan: Plan = given["plan"]
    if plan.name != company["plan"]:
        actor = write.caller.account
        await plan_changes.change_plan(write.connection, company["id"], company["at"], plan, actor=actor)
    return MutationResult(written)


MUTATIONS: Final[Mapping[str, Mutation]] = {"changePlan": Mutation(change_plan, changes_access=True)}
