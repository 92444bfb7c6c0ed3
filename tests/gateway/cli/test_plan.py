"""plan.py: `enfact plan` and `enfact trial`, started as an operator does."""

from typing import get_args

from db.connection import connect
from gateway.cli.commands.plan import PlanName
from schema.apps import Plan
from tests.support.commands import enfact
from tests.support.company import Firm


def run(dsn: str, *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of the command."""
    ran = enfact(*arguments, COLUMNS="400", DATABASE_URL=dsn, TZ="UTC")
    return ran.returncode, ran.stdout, ran.stderr


async def test_a_plan_is_shown_set_and_given_for_a_while(fresh_dsn: str) -> None:
    connection = await connect(fresh_dsn)
    firm = await Firm.found(connection, "AGENDA")
    named = f"Peeters & Co ({firm.id})"
    assert run(fresh_dsn, "plan", "show", "peeters & CO") == (0, f"{named}: PREMIUM, no trial\n", "")
    assert run(fresh_dsn, "plan", "set", firm.id, "free") == (0, f"{named}: FREE, no trial\nAsleep: AGENDA\n", "")
    expected = f"{named}: FREE, every app until 2100-01-01T00:00+00:00\nAbove the plan: AGENDA\n"
    assert run(fresh_dsn, "plan", "set", firm.id, "PREMIUM", "--until", "2100-01-01") == (0, expected, "")
    assert [row["kind"] for row in await firm.trail()] == ["PLAN", "TRIAL"]
    code, shown, _ = run(fresh_dsn, "trial", "extend", firm.id, "31")
    assert (code, shown.splitlines()[0]) == (0, f"{named}: FREE, every app until 2100-02-01T00:00+00:00")
    await connection.close()


async def test_what_does_not_go_is_one_sentence(fresh_dsn: str) -> None:
    connection = await connect(fresh_dsn)
    firm = await Firm.found(connection)
    for arguments, expected in (
        (("plan", "show", "Nobody's"), "There is no company Nobody's."),
        (("plan", "set", firm.id, "PREMIUM", "--until", "2020-01-01"), "The moment of --until is over."),
        (("plan", "set", firm.id, "PRO", "--until", "2100-01-01"), "Only PREMIUM is given until a moment"),
    ):
        code, shown, refused = run(fresh_dsn, *arguments)
        assert (code, shown, refused.startswith(f"enfact: {expected}")) == (1, "", True)
    for arguments in (
        ("plan", "set", firm.id, "GOLD"),
        ("plan", "set", firm.id, "PREMIUM", "--until", "tomorrow"),
        ("trial", "extend", firm.id, "0"),
        ("trial", "extend", firm.id, "367"),
    ):
        assert run(fresh_dsn, *arguments)[0] == 2
    assert await firm.trail() == []
    await connection.close()


def test_the_plans_are_those_of_the_schema() -> None:
    assert list(get_args(PlanName)) == [plan.name for plan in Plan]


def test_help_teaches() -> None:
    for command, words in (
        (("plan", "--help"), ("sleep", "data and toggles are kept")),
        (("plan", "set", "--help"), ("--until", "ENFACT_PLAN_CHANGES", "afterwards", "history")),
        (("trial", "extend", "--help"), ("14 days", "begins now", "history")),
    ):
        expected = " ".join(enfact(*command).stdout.replace("│", " ").split())
        for word in words:
            assert word in expected, (command, word)
