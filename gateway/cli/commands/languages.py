"""The option --language. The languages' own module is part of the schema, which takes a second to import."""

from typing import Literal, TypeAlias

Code: TypeAlias = Literal["FR", "NL", "EN", "DE"]
