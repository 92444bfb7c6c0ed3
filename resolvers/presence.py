"""Who is in a company now: one rule, for compiled statements and for the mutations' own.

A membership lets in once it is accepted, until it is removed or its term has passed (domain.md A). An API key opens a
company by a membership that was accepted before the key was made: who is taken back makes a new one.
"""

from typing import Final

from db.sql import Rows, Sql, sql

RULE: Final = "{0}.accepted_at is not null and {0}.removed_at is null and ({0}.until is null or {0}.until > now())"
CARRIED: Final = (
    "({1}.company_id is null or {1}.company_id = {0}.company_id) "
    "and {0}.accepted_at <= {1}.created_at and {0}.company_id <> all({1}.closed)"
)


def is_in(member: Rows) -> Sql:
    """The condition that a membership lets in now."""
    return sql(RULE, member.name)


def present(member: str) -> str:
    """The same as text, for the membership with this alias."""
    return RULE.format(member)


def carries(member: Rows, key: Sql) -> Sql:
    """The condition that an API key opens a company by its account's membership that lets in with API_ACCESS."""
    return sql(CARRIED, member.name, key)


def carried(member: str, key: str) -> str:
    """The same as text, for a membership and a credential with these aliases."""
    return CARRIED.format(member, key)
