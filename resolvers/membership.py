"""The rule by which a membership lets into a company now, for compiled statements and for those of the mutations.

A membership lets in once it is accepted, until it is removed or its term has passed. An API key opens a company by a
membership that was accepted before the key was made: a member who left and came back makes a new key
(DECISIONS D21).
"""

from typing import Final

from db.sql import Rows, Sql, sql

IS_PRESENT: Final = (
    "{0}.accepted_at is not null and {0}.removed_at is null and ({0}.until is null or {0}.until > now())"
)
HELD: Final = (
    "case when {0}.lent_until is null or {0}.lent_until > now() or {0}.role is distinct from 'EMPLOYEE' "
    "then {0}.mask else {0}.mask & ~ {0}.lent end"
)
CARRIED: Final = (
    "({1}.company_id is null or {1}.company_id = {0}.company_id) "
    "and {0}.accepted_at <= {1}.created_at and {0}.company_id <> all({1}.closed)"
)
VIEWS_AS: Final = (
    "{0}.company_id = {2}.company_id and {0}.account_id = {2}.account_id and {0}.role = 'OWNER' "
    f"and {IS_PRESENT.format('{0}')} "
    "and {1}.company_id = {2}.company_id and {1}.id = {2}.membership_id and not {1}.external "
    f"and {IS_PRESENT.format('{1}')}"
)


def is_in(member: Rows) -> Sql:
    """The SQL condition that a membership lets in now."""
    return sql(IS_PRESENT, member.name)


def present(member: str) -> str:
    """The condition of `is_in` as text, for the membership with this alias."""
    return IS_PRESENT.format(member)


def held(member: Rows) -> Sql:
    """SQL of the mask of a membership's apps now, without lent ones whose time is over; the only way to read it.

    When one lent app ends, the others are not counted either until that is written, within seconds (DECISIONS D140).
    """
    until, role, mask, lent = (member[column] for column in ("lent_until", "role", "mask", "lent"))
    return sql(
        "(case when {0} is null or {0} > now() or {1} is distinct from 'EMPLOYEE' then {2} else {2} & ~ {3} end)",
        until, role, mask, lent,
    )  # fmt: skip


def held_apps(member: str) -> str:
    """The SQL of `held` as text, for the membership with this alias."""
    return f"({HELD.format(member)})"


def carries(member: Rows, key: Sql) -> Sql:
    """The SQL condition that an API key opens the company of its account's membership.

    It does not check that the membership lets in now and has the app API_ACCESS.
    """
    return sql(CARRIED, member.name, key)


def carried(member: str, key: str) -> str:
    """The condition of `carries` as text, for a membership and a credential with these aliases."""
    return CARRIED.format(member, key)


def views_as(owner: Rows, viewed: Rows, key: Sql) -> Sql:
    """The condition that by this credential an owner views the company as a member, and both are in it now."""
    return sql(VIEWS_AS, owner.name, viewed.name, key)


def viewing_as(owner: str, viewed: str, key: str) -> str:
    """The same as text, for two memberships and a credential with these aliases."""
    return VIEWS_AS.format(owner, viewed, key)
