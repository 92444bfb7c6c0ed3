"""An input as it is read without the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from resolvers.user_problems import UserProblem


@dataclass(slots=True)
class Given:
    """A read input: the values to write, the bits of the used apps, and the problems so far.

    `members` are the used members in the order of the input; `version` is the expected one, `rows` counts them all.
    """

    row: str
    members: tuple[str, ...] = ()
    values: dict[str, object] = field(default_factory=dict[str, object])
    used: int = 0
    problems: list[UserProblem] = field(default_factory=list[UserProblem])
    version: int | None = None
    key: str | None = None
    digest: bytes | None = None
    is_trial: bool = False
    rows: int = 1

    @property
    def json(self) -> str:
        """The values by column, as JSON."""
        return orjson.dumps(self.values).decode()

    @property
    def more(self) -> Mapping[str, object]:
        """The values of further parameters of its statement."""
        return {}
