"""`enfact backup`, `restore` and `revive`, with PostgreSQL's own programs: what comes back is all that was there."""

import stat
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from db.backup import BackupFailed, without_secrets
from db.connection import REQUESTS, Connection, connect
from db.errors import DatabaseMisconfigured
from db.tables import metadata
from tests.gateway.cli.test_main import gateway
from tests.support.commands import enfact
from tests.support.company import Firm
from tests.support.databases import Databases, demo_template

SUM = "select count(*) rows, md5(coalesce(string_agg(t::text, '|' order by t::text), '')) content from {} t"
LETTERS = """
insert into outbox (kind, email, sent_at) values
  ('PASSWORD_RESET', 'a@b.example', null), ('PASSWORD_RESET', 'a@b.example', now())
"""


@pytest.fixture(scope="module")
async def demo_dsn(databases: Databases) -> AsyncGenerator[str]:
    dsn = await databases.clone(await demo_template(databases))
    yield dsn
    await databases.drop(dsn)


def inside(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


async def contents(dsn: str) -> dict[str, tuple[int, str]]:
    """The number of rows and a hash of them, by table; tries apart, which a crash loses as well."""
    connection = await connect(dsn)
    try:
        names = sorted(name for name in metadata.tables if name != "attempt")
        rows = {name: await connection.fetchrow(SUM.format(name)) for name in names}
    finally:
        await connection.close()
    return {name: tuple(row) for name, row in rows.items() if row is not None}


@pytest.fixture
async def connection(fresh_dsn: str) -> AsyncGenerator[Connection]:
    connection = await connect(fresh_dsn)
    yield connection
    await connection.close()


async def test_what_was_backed_up_comes_back(demo_dsn: str, empty_dsn: str, tmp_path: Path) -> None:
    file = tmp_path / "demo.dump"
    told = enfact("backup", str(file), DATABASE_URL=demo_dsn)
    assert (told.returncode, f"The database is in {file}." in told.stderr) == (0, True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert inside(tmp_path) == [file.name]
    refused = enfact("restore", str(file), DATABASE_URL=demo_dsn)
    assert "enfact: The database has tables already: a backup goes into an empty one only." in refused.stderr
    told = enfact("restore", str(file), DATABASE_URL=empty_dsn)
    assert (told.returncode, "Next: enfact revive" in told.stderr) == (0, True), told.stderr
    before, after = await contents(demo_dsn), await contents(empty_dsn)
    assert before == after
    assert before["company"][0] > 60
    told = enfact("revive", "--yes", DATABASE_URL=empty_dsn)
    assert told.returncode == 0, told.stderr
    with gateway("--expose-demo", DATABASE_URL=empty_dsn) as running:
        assert running.get("/health/ready").status_code == 200


async def test_a_backup_that_fails_leaves_nothing(fresh_dsn: str, empty_dsn: str, tmp_path: Path) -> None:
    file = tmp_path / "x.dump"
    refused = enfact("backup", str(file), DATABASE_URL="postgresql://u:secret@127.0.0.1:1/x")
    assert (refused.returncode, "pg_dump failed" in refused.stderr, "secret" in refused.stderr) == (1, True, False)
    assert inside(tmp_path) == []
    file.write_text("kept", encoding="utf-8")
    assert "is there already" in enfact("backup", str(file), DATABASE_URL=fresh_dsn).stderr
    assert file.read_text(encoding="utf-8") == "kept"
    broken = enfact("restore", str(file), DATABASE_URL=empty_dsn)
    assert (broken.returncode, "pg_restore failed" in broken.stderr) == (1, True)
    assert "There is no file" in enfact("restore", str(tmp_path / "none"), DATABASE_URL=empty_dsn).stderr
    assert "No such file" in enfact("backup", str(tmp_path / "no" / "x"), DATABASE_URL=fresh_dsn).stderr


async def test_a_revived_database_has_no_credentials_and_no_letters(fresh_dsn: str, connection: Connection) -> None:
    firm = await Firm.found(connection, "STOCK")
    await connection.execute(LETTERS)
    await connection.execute(
        "insert into access_change (company_id, at, kind, membership_id, app_id, before, after) "
        "values ($1, '2026-01-02 03:04:05Z', 'TOGGLE', $2, 'STOCK', true, false)",
        firm.key, firm["anna"].membership,
    )  # fmt: skip
    unsure = enfact("revive", DATABASE_URL=fresh_dsn)
    assert unsure.returncode == 2
    assert await connection.fetchval("select count(*) from credential") > 2
    serving = await connect(fresh_dsn, server_settings={"application_name": REQUESTS})
    refused = enfact("revive", "--yes", DATABASE_URL=fresh_dsn)
    assert (refused.returncode, "A gateway serves from this database" in refused.stderr) == (1, True)
    await serving.close()
    told = enfact("revive", "--yes", "--since", "2026-01-01", DATABASE_URL=fresh_dsn)
    assert (told.returncode, "2026-01-02 03:04:05 UTC" in told.stderr) == (0, True), told.stderr
    rows = [line.split("\t") for line in told.stdout.splitlines()]
    assert rows[-1][0] == "2026-01-02 03:04:05"
    assert rows[-1][2:] == ["TOGGLE", rows[-1][3], "STOCK", "true", "false"]
    assert await connection.fetchval("select count(*) from credential") == 0
    assert await connection.fetchval("select count(*) from outbox where sent_at is null") == 0
    assert await connection.fetchval("select count(*) from outbox") == 1
    assert "is not that of this version" not in told.stderr


@pytest.mark.parametrize(
    ("dsn", "address", "variables"),
    [
        ("postgresql://an:p%40ss@h/d", "postgresql://an@h/d", {"PGPASSWORD": "p@ss"}),
        ("postgresql:///d?host=/tmp&password=x&sslmode=require", "postgresql:///d?host=%2Ftmp&sslmode=require",
         {"PGPASSWORD": "x"}),
        ("postgresql://h/d?jit=off&options=-csearch_path%3Da&connect_timeout=3", "postgresql://h/d?connect_timeout=3",
         {"PGOPTIONS": "-c jit=off -csearch_path=a"}),
        ("postgresql://h/d?search_path=app%2C+public&application_name=a%5Cb&role=a%5Cb%09c",
         "postgresql://h/d?application_name=a%5Cb",
         {"PGOPTIONS": "-c search_path=app,\\ public -c role=a\\\\b\\\tc"}),
        ("postgresql://a,b/d", "postgresql://a,b/d?target_session_attrs=read-write", {}),
        ("postgresql://a,b/d?target_session_attrs=any", "postgresql://a,b/d?target_session_attrs=any", {}),
    ],
)  # fmt: skip
def test_no_secret_stands_in_the_command_line(dsn: str, address: str, variables: dict[str, str]) -> None:
    found, environment = without_secrets(dsn)
    assert (found, dict(environment)) == (address, variables)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("sslpassword=Sesame", BackupFailed),
        ("oauth_client_secret=Sesame", DatabaseMisconfigured),
        ("scram_client_key=Sesame", DatabaseMisconfigured),
    ],
)
def test_a_secret_that_only_a_command_line_takes_is_refused(words: str, error: type[Exception]) -> None:
    with pytest.raises(error) as raised:
        without_secrets(f"postgresql://h/d?{words}")
    assert "Sesame" not in str(raised.value)


async def test_a_setting_with_a_space_arrives_whole(fresh_dsn: str) -> None:
    """What `pg_dump` would run with, asked of the server by the driver, which takes PGOPTIONS as `options`."""
    variables = without_secrets(f"{fresh_dsn}{'&' if '?' in fresh_dsn else '?'}search_path=app%2C+public")[1]
    connection = await connect(fresh_dsn, server_settings={"options": variables["PGOPTIONS"]})
    try:
        assert await connection.fetchval("show search_path") == "app, public"
    finally:
        await connection.close()
