"""What a process of the gateway loads: each module that it does not need costs memory, times the workers."""

import subprocess
import sys

import pytest

SHOW = "import sys\nfor module in sys.argv[1:]: __import__(module); print(module, *sys.modules)"
LETTERS = {"aiosmtplib", "email.headerregistry", "gateway.mail.message", "gateway.mail.smtp", "gateway.mail.terminal"}
"""What only a process that has sent a letter needs."""

SOCKETS = {
    "websockets",
    "gateway.server.websocket_protocol",
    "gateway.websocket.operations",
    "gateway.http.streamed_answers",
    "gateway.http.stream_formats",
    "gateway.websocket.endpoint",
}
"""What only a process needs at which a client has asked for a socket or for events."""

PAGES = {"gateway.pages.reference"}
"""What only a process needs at which a browser has asked for the reference."""

NOBODY = {"alembic", "cryptography", "dns", "email_validator.deliverability", "sqlalchemy"}
"""What a gateway on a migrated database never needs: addresses are not looked up in the DNS."""

SCHEMA = {"asyncpg", "graphql", "schema", "sqlalchemy", "strawberry", "uvicorn"}
"""What takes half a second to load, and what the settings do not need."""

PRODUCT = {"asyncpg", "db", "gateway.settings", "graphql", "pydantic", "resolvers", "rich", "schema", "uvicorn"}
"""What the command line does not need to tell what there is: help and completion come at once."""


COMMAND = ("gateway.cli.main", "gateway.settings", "gateway.cli.settings")
SERVER = ("gateway.server.worker", "gateway.server.startup")
DATABASE = (
    "gateway.cli.copies", "gateway.cli.database", "gateway.cli.doctor", "gateway.cli.errors", "gateway.cli.secrets",
    "gateway.cli.support", "gateway.cli.commands.grants", "resolvers.admin.company_plan", "resolvers.admin.ownership",
    "resolvers.admin.session_token",
)  # fmt: skip
"""The work of commands about a database or about codes: labels and codes are in the schema's package."""

EVERYTHING = NOBODY | LETTERS | SOCKETS | PAGES | SCHEMA | PRODUCT


def loaded_in_turn(*modules: str) -> dict[str, set[str]]:
    """By module what a process has loaded that has imported it and those before it."""
    command = [sys.executable, "-c", SHOW, *modules]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return {line.split()[0]: set(line.split()[1:]) for line in shown.stdout.splitlines()}


@pytest.fixture(scope="module")
def loaded() -> dict[str, set[str]]:
    """By module what is loaded with it, and with those before it, which may need no more than it does."""
    return loaded_in_turn(*SERVER, *sorted(EVERYTHING)) | loaded_in_turn(*COMMAND, *DATABASE)


@pytest.mark.parametrize(
    ("module", "unneeded"),
    [
        (
            "gateway.server.worker",
            NOBODY | LETTERS | SOCKETS | PAGES | {"gateway.mail", "gateway.server.startup", "db.demo", "typer"},
        ),
        ("gateway.server.startup", NOBODY | LETTERS | SOCKETS | PAGES | {"db.demo"}),
        ("gateway.cli.main", PRODUCT),
        ("gateway.settings", SCHEMA | {"rich"}),
        ("gateway.cli.settings", SCHEMA),
    ],
)
def test_a_process_loads_only_what_it_needs(loaded: dict[str, set[str]], module: str, unneeded: set[str]) -> None:
    assert module in loaded[module]
    assert loaded[module] & unneeded == set()


def test_what_is_not_loaded_would_be_found(loaded: dict[str, set[str]]) -> None:
    assert loaded[max(EVERYTHING)] & EVERYTHING == EVERYTHING


def loaded_by(*arguments: str) -> set[str]:
    """The modules that a command imports until it ends."""
    command = [sys.executable, "-X", "importtime", "-m", "gateway.cli", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return {line.rpartition("|")[2].strip() for line in run.stderr.splitlines()}


@pytest.mark.parametrize(
    "arguments", [("--help",), ("--version",), ("serve", "--help"), ("settings",), ("settings", "port")]
)
def test_a_command_about_the_program_itself_loads_no_schema(arguments: tuple[str, ...]) -> None:
    found = loaded_by(*arguments)
    assert "gateway.cli.main" in found
    assert found & SCHEMA == set()


@pytest.mark.parametrize("module", DATABASE)
def test_a_command_that_asks_for_no_field_waits_for_no_schema(loaded: dict[str, set[str]], module: str) -> None:
    assert loaded[module] & {"schema.assembly", "db.demo"} == set()


def test_a_command_about_the_schema_loads_it() -> None:
    assert "schema.roots.query" in loaded_by("apps", "INVOICES")
