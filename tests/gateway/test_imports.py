"""What a process of the gateway loads: each module that it does not need costs memory, times the workers."""

import subprocess
import sys

import pytest

SHOW = "import sys, {}; print(*sys.modules)"
LETTERS = {"aiosmtplib", "email.headerregistry", "gateway.mail.message", "gateway.mail.smtp", "gateway.mail.terminal"}
"""What only a process that has sent a letter needs."""

SOCKETS = {"websockets", "gateway.frames", "gateway.operations", "gateway.sse", "gateway.websocket"}
"""What only a process needs at which a client has asked for a socket or for events."""

NOBODY = {"alembic", "cryptography", "dns", "email_validator.deliverability", "sqlalchemy.ext.asyncio"}
"""What a gateway on a migrated database never needs: addresses are not looked up in the DNS."""


def loaded(module: str) -> set[str]:
    shown = subprocess.run(
        [sys.executable, "-c", SHOW.format(module)], capture_output=True, text=True, check=True, timeout=60
    )
    return set(shown.stdout.split())


@pytest.mark.parametrize(
    ("module", "unneeded"),
    [
        ("gateway.worker", NOBODY | LETTERS | SOCKETS | {"gateway.mail", "gateway.boot", "db.demo", "typer"}),
        ("gateway.cli", NOBODY | LETTERS | SOCKETS),
    ],
)
def test_a_process_loads_only_what_it_needs(module: str, unneeded: set[str]) -> None:
    found = loaded(module)
    assert module in found
    assert found & unneeded == set()


def test_what_is_not_loaded_would_be_found() -> None:
    everything = NOBODY | LETTERS | SOCKETS
    assert {name for name in everything if loaded(name) & {name}} == everything
