"""main.py: `enfact support add`, started as a person and as a program does."""

import os
import pty
import re
import select
import subprocess
from typing import Any, Final

import pytest
from argon2 import PasswordHasher

from db.connection import connect
from tests.support.commands import COMMAND_SECONDS, ENFACT, enfact, environment
from tests.support.company import Firm

EMAIL: Final = "sam@support.test"
PASSWORD: Final = "correct-horse-7"
ANSWER_SECONDS: Final = 30.0


def add(dsn: str, *arguments: str, stdin: str = f"{PASSWORD}\n") -> subprocess.CompletedProcess[str]:
    """The command, which reads the password from standard input."""
    return enfact("support", "add", *arguments, stdin=stdin, DATABASE_URL=dsn)


async def account(dsn: str, email: str = EMAIL) -> Any:
    """The row of an account; None when there is none."""
    connection = await connect(dsn)
    try:
        return await connection.fetchrow("select * from account where email = $1", email)
    finally:
        await connection.close()


async def test_a_program_makes_a_support_account(fresh_dsn: str) -> None:
    connection = await connect(fresh_dsn)
    firm = await Firm.found(connection)
    await connection.execute("update company set support_until = now() + interval '1 day' where id = $1", firm.key)
    made = add(fresh_dsn, " SAM@Support.test", "--first-name", "Sam", "--last-name", "Sels", "--language", "nl")
    assert (made.returncode, made.stdout) == (0, "")
    assert made.stderr == "sam@support.test may sign in. Companies that let support in now: 1.\n"
    row = await account(fresh_dsn)
    assert (row["kind"], row["confirmed"], row["first_name"], row["last_name"], row["language"]) == (
        "SUPPORT", True, "Sam", "Sels", "NL",
    )  # fmt: skip
    assert PasswordHasher().verify(row["password_hash"], PASSWORD)
    entered = await connection.fetchval("select company_id from membership where account_id = $1", row["id"])
    assert entered == firm.key
    await connection.close()


async def test_an_address_in_use_is_one_sentence(fresh_dsn: str) -> None:
    assert add(fresh_dsn, EMAIL).returncode == 0
    before = await account(fresh_dsn)
    again = add(fresh_dsn, EMAIL, stdin="another-horse-8\n")
    assert again.returncode == 1
    assert again.stderr == f"enfact: There is an account with the address {EMAIL} already.\n"
    assert await account(fresh_dsn) == before


@pytest.mark.parametrize(
    ("email", "stdin", "told"),
    [
        (EMAIL, "short\n", "The password is not valid: at least 10 characters"),
        (EMAIL, "", "The password is not valid"),
        ("nobody", f"{PASSWORD}\n", "The address is not valid."),
    ],
)
async def test_what_is_not_valid_is_one_sentence_without_the_password(
    fresh_dsn: str, email: str, stdin: str, told: str
) -> None:
    refused = add(fresh_dsn, email, stdin=stdin)
    assert refused.returncode == 1
    assert f"enfact: {told}" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not stdin.strip() or stdin.strip() not in refused.stderr
    assert await account(fresh_dsn) is None


async def test_a_database_that_is_not_migrated_is_one_sentence(empty_dsn: str) -> None:
    refused = add(empty_dsn, EMAIL)
    assert refused.returncode == 1
    assert refused.stderr == "enfact: The database is not that of this version: enfact migrate brings it there.\n"


async def test_a_person_types_the_password_twice_and_unseen(fresh_dsn: str) -> None:
    code, told = in_terminal(fresh_dsn)
    assert code == 0
    assert "may sign in" in told
    assert PASSWORD not in told
    row = await account(fresh_dsn)
    assert PasswordHasher().verify(row["password_hash"], PASSWORD)


def in_terminal(dsn: str) -> tuple[int, str]:
    """The exit code of the command in a terminal, and all that is shown there."""
    terminal, other = pty.openpty()
    process = subprocess.Popen(
        [*ENFACT, "support", "add", EMAIL], env=environment(COLUMNS="200", DATABASE_URL=dsn, TERM="dumb"),
        stdin=other, stdout=other, stderr=other, start_new_session=True, close_fds=True,
    )  # fmt: skip
    os.close(other)
    try:
        told = answer(terminal, "Password: ") + answer(terminal, "Repeat for confirmation: ") + rest(terminal)
        return process.wait(COMMAND_SECONDS), told
    finally:
        process.kill()
        process.wait()
        os.close(terminal)


def answer(terminal: int, question: str) -> str:
    """What is shown up to a question, which is answered with the password; fails when the question does not come."""
    told = ""
    while not told.endswith(question):
        readable, _, _ = select.select([terminal], [], [], ANSWER_SECONDS)
        assert readable, f"no question, but: {told}"
        told += os.read(terminal, 1_024).decode()
    os.write(terminal, f"{PASSWORD}\n".encode())
    return told


def rest(terminal: int) -> str:
    """What is shown until the end, or until nothing is shown for too long, without colours."""
    told = ""
    while select.select([terminal], [], [], ANSWER_SECONDS)[0]:
        try:
            read = os.read(terminal, 1_024)
        except OSError:  # the other side is closed
            break
        if not read:
            break
        told += read.decode()
    return re.sub(r"\x1b\[[0-9;]*m", "", told)


def test_help_tells_where_the_password_comes_from() -> None:
    told = " ".join(enfact("support", "add", "--help").stdout.split())
    assert "first line of standard input" in told
    assert "support" in enfact("--help").stdout
