"""The rule by which an active app is awake: the company's plan has it, or the trial runs, in which the plan has all.

The apps above the plan sleep: nobody reaches them, what they hold and who was granted them stays (DECISIONS D111). The
end of a trial counts one version of the access, although nothing is written then.
"""

from typing import Final, LiteralString

from db.sql import Rows, Sql, sql

AWAKE: Final = "case when {0}.trial_ends_at is null or {0}.trial_ends_at <= now() then {0}.plan_mask else {0}.mask end"
MOMENT: Final = """
greatest(clock_timestamp(),
  (select max(h.at) + interval '2 microseconds' from access_change h where h.company_id = {0}))
"""
VERSION: Final = "{0}.access_version + coalesce({0}.trial_ends_at <= now(), false)::int"


def awake(company: Rows) -> Sql:
    """SQL of the mask of a company's apps that are awake now; the only way to read the mask of a company."""
    return sql(f"({AWAKE})", company.name)


def mask_columns(company: Rows) -> Sql:
    """SQL of the columns that `awake` reads, for a select that stands for the company further on."""
    return sql("{0}.mask, {0}.plan_mask, {0}.trial_ends_at", company.name)


def trial_end(company: Rows) -> Sql:
    """SQL of the moment at which the running trial of a company ends; null when none runs."""
    return sql("case when {0} > now() then {0} end", company["trial_ends_at"])


def awake_apps(company: str) -> str:
    """The SQL of `awake` as text, for the company with this alias."""
    return f"({AWAKE.format(company)})"


def asleep(company: Rows) -> Sql:
    """SQL of the mask of a company's apps that are active but sleep now."""
    return sql("({}.mask & ~ {})", company.name, awake(company))


def version(company: Rows) -> Sql:
    """SQL of the version of a company's access now."""
    return sql(f"({VERSION})", company.name)


def version_of(company: str) -> str:
    """The SQL of `version` as text, for the company with this alias."""
    return f"({VERSION.format(company)})"


def moment(company: Sql) -> Sql:
    """SQL of the moment of a change of access: now, or just after the last one of a company if the clock went back.

    `company` is its id. So the trail keeps its order, and no period begins before the last one of its kind has ended.
    """
    return sql(f"({MOMENT})", company)


def moment_of(company: str) -> str:
    """The SQL of `moment` as text, for the company with this alias."""
    return f"({MOMENT.format(f'{company}.id')})"


def ended_period(row: LiteralString, at: LiteralString) -> LiteralString:
    """SQL of the period `valid` of a row, ended at a moment: one microsecond long at least.

    Its end depends on no time zone (DECISIONS D151).
    """
    least = f"(lower({row}.valid) at time zone 'UTC' + interval '1 microsecond') at time zone 'UTC'"
    return f"tstzrange(lower({row}.valid), greatest({at}, {least}))"
