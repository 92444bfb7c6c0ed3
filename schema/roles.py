"""The roles of members in a company."""

from enum import Enum

import strawberry


@strawberry.enum(description="What a member is in a company; an external user has no role.")
class Role(Enum):
    """The closed list of roles."""

    OWNER = strawberry.enum_value("OWNER", description="Reaches every active app and manages users and access.")
    EMPLOYEE = strawberry.enum_value("EMPLOYEE", description="Reaches the apps that an owner switched on.")
