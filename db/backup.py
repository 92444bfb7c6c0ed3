"""Backups by PostgreSQL's own programs: a file of `pg_dump`, and its way back into an empty database by `pg_restore`.

A password never stands in a command line, where others would see it.
"""

import asyncio
import os
import re
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from db.connection import Connection, connect
from db.dsn import is_for_client, read_address

DUMP: Final = ("--format=custom", "--no-owner", "--no-privileges", "--no-unlogged-table-data")
RESTORE: Final = (
    "--no-owner", "--no-privileges", "--no-comments", "--exit-on-error", "--single-transaction",
)  # fmt: skip
IS_EMPTY: Final = """
select not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema')
"""


class BackupFailed(RuntimeError):
    """A backup was not made, or not restored; the message says why."""


async def back_up(program: Path, dsn: str, file: Path) -> None:
    """Write the whole database to a file, which only this user may read, and which is whole or not there.

    `program` is pg_dump. Raises BackupFailed and DatabaseMisconfigured.
    """
    with _unfinished(file) as unfinished:
        await _run(program, [*DUMP, f"--file={unfinished}"], dsn)


@contextmanager
def _unfinished(file: Path) -> Generator[Path]:
    """A file that is renamed to `file` at the end of the block; an exception removes it. Raises BackupFailed."""
    if file.exists():
        raise BackupFailed(f"{file} is there already; choose another name.")
    try:
        handle, name = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)
    except OSError as error:
        raise BackupFailed(f"{file}: {error.strerror}.") from error
    os.close(handle)
    try:
        yield Path(name)
        Path(name).rename(file)
    finally:
        Path(name).unlink(missing_ok=True)


async def restore(program: Path, dsn: str, file: Path) -> None:
    """Load a backup into a database without tables, wholly or not at all.

    `program` is pg_restore. Raises BackupFailed and DatabaseError.
    """
    _require_file(file)
    connection = await connect(dsn)
    try:
        await _require_empty(connection)
    finally:
        await connection.close()
    await _run(program, [*RESTORE, str(file)], dsn)


def _require_file(file: Path) -> None:
    if not file.is_file():
        raise BackupFailed(f"There is no file {file}.")


async def _require_empty(connection: Connection) -> None:
    if not await connection.fetchval(IS_EMPTY):
        raise BackupFailed("The database has tables already: a backup goes into an empty one only.")


async def _run(program: Path, arguments: list[str], dsn: str) -> None:
    address, variables = without_secrets(dsn)
    process = await asyncio.create_subprocess_exec(
        program, *arguments, f"--dbname={address}", env={**os.environ, **variables},
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        _, said = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        reason = " ".join(said.decode(errors="replace").split()[-80:])
        raise BackupFailed(f"{program.name} failed: {reason}")


def without_secrets(dsn: str) -> tuple[str, Mapping[str, str]]:
    """An address for libpq that others may see, and the variables of the environment with the rest of it.

    Of several hosts one that takes writes is wanted unless the DSN says otherwise, as by `connect`. Raises
    BackupFailed, and DatabaseMisconfigured.
    """
    address = read_address(dsn, os.environ)
    parts = urlsplit(dsn)
    words = dict(parse_qsl(parts.query, keep_blank_values=True))
    if "sslpassword" in words:
        raise BackupFailed(
            "The address of the database says sslpassword, which PostgreSQL's programs take in a command line alone, "
            "where others would see it. Name a key without a password as sslkey."
        )
    if address.has_several_hosts:
        words.setdefault("target_session_attrs", "read-write")
    person, at, hosts = parts.netloc.partition("@") if "@" in parts.netloc else ("", "", parts.netloc)
    user, _, password = person.partition(":")
    password = words.pop("password", "") or unquote(password)
    options = _options(words)
    variables = {"PGPASSWORD": password} if password else {}
    if options:
        variables["PGOPTIONS"] = options
    query = f"?{urlencode(words, quote_via=quote)}" if words else ""
    return f"postgresql://{user}{at}{hosts}{parts.path}{query}", variables


def _options(words: dict[str, str]) -> str:
    """The settings of the server as options of its command line; takes them, and `options`, out of `words`."""
    names = [name for name in words if not is_for_client(name)]
    settings = [f"-c {_word(f'{name}={words.pop(name)}')}" for name in names]
    return " ".join([*settings, *([words.pop("options")] if "options" in words else [])])


def _word(said: str) -> str:
    """A text as one word of an option: the server splits options at spaces that no backslash precedes."""
    return re.sub(r"([\\\s])", r"\\\1", said)
