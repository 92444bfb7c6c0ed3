"""owner.py: `enfact owner`, started as an operator does."""

import subprocess
from typing import Final

from db.connection import Connection, connect
from tests.support.commands import enfact
from tests.support.company import Firm

ORPHAN: Final = "update membership set removed_at = now() where company_id = $1 and role = 'OWNER'"


def owner(dsn: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command."""
    return enfact("owner", *arguments, COLUMNS="400", DATABASE_URL=dsn)


async def orphaned(connection: Connection) -> Firm:
    """A firm without an owner."""
    firm = await Firm.found(connection)
    await connection.execute(ORPHAN, firm.key)
    return firm


async def test_a_user_is_an_owner_at_once(fresh_dsn: str) -> None:
    connection = await connect(fresh_dsn)
    firm = await orphaned(connection)
    made = owner(fresh_dsn, "--company", "peeters & CO", firm["anna"].email)
    assert (made.returncode, made.stdout) == (0, "")
    assert made.stderr == f"{firm['anna'].email} is an owner of Peeters & Co now.\n"
    role = await connection.fetchval("select role from membership where id = $1", firm["anna"].membership)
    assert role == "OWNER"
    refused = owner(fresh_dsn, "--company", firm.id, firm["bram"].email)
    assert refused.returncode == 1
    assert refused.stderr.startswith(
        f"enfact: Peeters & Co has an owner, {firm['anna'].email}: owners invite each other"
    )
    await connection.close()


async def test_somebody_else_is_invited_and_it_is_told_when_letters_wait(fresh_dsn: str) -> None:
    connection = await connect(fresh_dsn)
    firm = await orphaned(connection)
    made = owner(fresh_dsn, "--company", firm.id, "ZOE@new.test", "--first-name", "Zoé", "--last-name", "Martin")
    assert made.returncode == 0
    assert made.stderr.startswith(
        "A letter goes to zoe@new.test, who becomes the owner of Peeters & Co by accepting.\n"
    )
    assert "ENFACT_SMTP_URL" in made.stderr
    row = await connection.fetchrow(
        "select m.first_name, m.role, m.accepted_at, a.confirmed from membership m "
        "join account a on a.id = m.account_id where a.email = 'zoe@new.test'"
    )
    assert row is not None
    assert tuple(row) == ("Zoé", "OWNER", None, False)
    letters = await connection.fetch("select kind, email from outbox")
    assert [tuple(letter) for letter in letters] == [("INVITATION", "zoe@new.test")]
    await connection.close()


async def test_what_is_not_there_is_one_sentence(fresh_dsn: str) -> None:
    for company, email, told in (
        ("Nobody's", "a@new.test", "There is no company Nobody's."), ("x", "nobody", "The address is not valid."),
    ):  # fmt: skip
        refused = owner(fresh_dsn, "--company", company, email)
        assert (refused.returncode, refused.stderr) == (1, f"enfact: {told}\n")


async def test_a_database_that_is_not_migrated_is_one_sentence(empty_dsn: str) -> None:
    refused = owner(empty_dsn, "--company", "x", "a@new.test")
    assert (refused.returncode, "enfact migrate brings it there" in refused.stderr) == (1, True)


def test_help_tells_when_and_what_for() -> None:
    told = " ".join(enfact("owner", "--help").stdout.split())
    for words in ("30 days", "by accepting", "owners invite each other", "history"):
        assert words in told
    assert "owner" in enfact("--help").stdout
