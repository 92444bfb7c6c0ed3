"""The modes of hidden fields.

Notes and errors are made in `resolvers/execution/hidden_fields.py`, the schema of the mode `absent` in
`resolvers/execution/viewer_schema.py`.
"""

from enum import Enum

import strawberry


@strawberry.enum(description="How somebody who lacks a right is told of a hidden field.")
class HiddenFields(Enum):
    """The closed list of modes."""

    NULL = strawberry.enum_value("NULL", description="It is null, and a note says so.")
    ERROR = strawberry.enum_value("ERROR", description="It is null, and an error says so.")
    ABSENT = strawberry.enum_value("ABSENT", description="It is unknown, as if there were no such field.")
