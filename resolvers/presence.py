"""Who is in a company now: one rule, for compiled statements and for the mutations' own.

A membership lets in once it is accepted, until it is removed or its term has passed (domain.md A).
"""

from typing import Final

from db.sql import Rows, Sql, sql

RULE: Final = "{0}.accepted_at is not null and {0}.removed_at is null and ({0}.until is null or {0}.until > now())"


def is_in(member: Rows) -> Sql:
    """The condition that a membership lets in now."""
    return sql(RULE, member.name)


def present(member: str) -> str:
    """The same as text, for the membership with this alias."""
    return RULE.format(member)
