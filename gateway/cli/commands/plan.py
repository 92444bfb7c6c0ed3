"""`enfact plan` and `enfact trial`: what a company pays for, and how long it may try everything."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from gateway.cli.commands.access import moment
from gateway.cli.terminal import Data, refusals, run, settings_of

if TYPE_CHECKING:
    from db.database import Database
    from resolvers.admin.company_plan import CompanyPlan

PlanName: TypeAlias = Literal["FREE", "PRO", "PREMIUM"]
"""The plans of `schema.apps`, which takes a second to import."""

Company = Annotated[str, typer.Argument(metavar="COMPANY", help="The company, by its name or its global id.")]

plans = typer.Typer(
    rich_markup_mode="markdown",
    no_args_is_help=True,
    help="What a company pays for. Apps above its plan sleep: nobody reaches them, data and toggles are kept, and a "
    "plan that has them wakes them.",
)
trials = typer.Typer(
    rich_markup_mode="markdown",
    no_args_is_help=True,
    help="The days in which a company may use every app, whatever its plan.",
)


@plans.command()
def show(company: Company, data: Data = None) -> None:
    """Show the plan of a company, until when its trial runs, and which of its apps are above the plan."""
    from resolvers.admin.company_plan import show_plan

    _tell(lambda database: show_plan(database, company), data)


@plans.command(name="set")
def set_(
    company: Company,
    plan: Annotated[PlanName, typer.Argument(metavar="PLAN", help="FREE, PRO or PREMIUM.", case_sensitive=False)],
    until: Annotated[
        str | None,
        typer.Option(
            metavar="MOMENT",
            help="Of PREMIUM only: until then, in ISO 8601, without an offset of this machine's clock; afterwards the "
            "plan of now counts again.",
        ),
    ] = None,
    data: Data = None,
) -> None:
    """Give a company a plan, at once, whether its owners may do so themselves (ENFACT_PLAN_CHANGES) or not.

    After a payment for a year: enfact plan set "Chauffage Lambert" PREMIUM --until 2027-12-01. Everybody who looks at
    the company sees the change at once, and its owners see it in the history of access, without a name.

    While a trial runs, every app stays awake until its end, whatever the plan: FREE then puts nothing to sleep at once.
    """
    try:
        term = moment(until) if until is not None else None
    except ValueError:
        raise typer.BadParameter(f"{until} is no moment, such as 2027-12-01", param_hint="--until") from None
    from resolvers.admin.company_plan import set_plan
    from schema.apps import Plan

    _tell(lambda database: set_plan(database, company, Plan[plan], term), data)


@trials.command()
def extend(
    company: Company,
    days: Annotated[int, typer.Argument(metavar="DAYS", min=1, max=366, help="How many days longer, 1 to 366.")],
    data: Data = None,
) -> None:
    """Let the trial of a company end some days later than it does.

    A new company has a trial of 14 days. One that is over, or that there never was, begins now: its apps wake until the
    new end. The owners see it in the history of access.
    """
    from resolvers.admin.company_plan import extend_trial

    _tell(lambda database: extend_trial(database, company, days), data)


def _tell(work: Callable[["Database"], Coroutine[Any, Any, "CompanyPlan"]], data: Data) -> None:
    """Do the work on the database and print the plan that is there afterwards."""
    with refusals():
        settings = settings_of(data=data)
        from gateway.cli.database import using_database

        found = run(using_database(settings, work))
        typer.echo(f"{found.name} ({found.id}): {found.plan.name}, {_trial(found)}")
        if found.above:
            typer.echo(f"{'Above the plan' if found.in_trial else 'Asleep'}: {' '.join(found.above)}")


def _trial(found: "CompanyPlan") -> str:
    if found.trial_ends_at is None:
        return "no trial"
    ends = found.trial_ends_at.astimezone().isoformat(timespec="minutes")
    return f"every app until {ends}" if found.in_trial else f"trial ended {ends}"
