"""server.py: how long the supervisor waits before it starts a server again that was killed."""

import os
import signal
from pathlib import Path

import pytest

from db.connection import connect
from db.embedded import Embedded, server
from db.embedded.layout import Layout
from db.errors import DatabaseError
from tests.support.smtp_server import until

FOREVER = 3600.0
ALWAYS_STEADY, NEVER_STEADY = 0.0, FOREVER


@pytest.mark.parametrize(
    ("kills", "served_pause", "steady_seconds"),
    [
        pytest.param(1, FOREVER, NEVER_STEADY, id="the first time at once"),
        pytest.param(3, 0.0, NEVER_STEADY, id="bounded when it had answered"),
        pytest.param(3, FOREVER, ALWAYS_STEADY, id="at once when it had lived for a while"),
    ],
)
async def test_a_killed_server_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kills: int, served_pause: float, steady_seconds: float
) -> None:
    monkeypatch.setattr(server, "FIRST_PAUSE", FOREVER)
    monkeypatch.setattr(server, "LONGEST_PAUSE", FOREVER)
    monkeypatch.setattr(server, "SERVED_PAUSE", served_pause)
    monkeypatch.setattr(server, "STEADY_SECONDS", steady_seconds)
    layout = Layout(tmp_path)
    async with Embedded(tmp_path, settings={"fsync": "off", "shared_buffers": "16MB"}) as embedded:
        dsn = await embedded.start()
        for _ in range(kills):
            pid = _postmaster(layout)
            os.kill(pid, signal.SIGKILL)

            async def is_back(pid: int = pid) -> bool:
                return layout.ready.exists() and _postmaster(layout) != pid and await _answers(dsn)

            await until(is_back)


def _postmaster(layout: Layout) -> int:
    return int(layout.pid_file.read_text().partition("\n")[0])


async def _answers(dsn: str) -> bool:
    try:
        connection = await connect(dsn)
    except DatabaseError:
        return False
    await connection.close()
    return True
