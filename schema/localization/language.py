"""The languages of the product."""

import enum

import strawberry


@strawberry.enum(description="A language in which the product speaks to people.")
class Language(enum.Enum):
    """The four languages; each value is the language's own name."""

    FR = strawberry.enum_value("FR", description="French.")
    NL = strawberry.enum_value("NL", description="Dutch.")
    EN = strawberry.enum_value("EN", description="English.")
    DE = strawberry.enum_value("DE", description="German.")
