"""What a command prints is whole, whoever reads it, and however slowly."""

import os
import signal
import subprocess
from collections.abc import Callable

import pytest

from gateway.cli import sdl
from tests.support.commands import COMMAND_SECONDS, ENFACT, environment


def pause(process: "subprocess.Popen[bytes]") -> None:
    """End its wait for the reader, as a debugger, a frozen container and job control do."""
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
    process.send_signal(signal.SIGCONT)


def wait(process: "subprocess.Popen[bytes]") -> None:
    """Let it wait."""


@pytest.mark.parametrize(("waits", "meanwhile"), [(True, pause), (False, wait)], ids=["interrupted", "non-blocking"])
def test_a_text_that_a_pipe_cannot_take_at_once_is_printed_whole(
    waits: bool, meanwhile: Callable[["subprocess.Popen[bytes]"], None]
) -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, waits)
    with os.fdopen(reader, "rb") as printed:
        process = subprocess.Popen([*ENFACT, "schema"], env=environment(PYTHONUNBUFFERED="1"), stdout=writer)
        os.close(writer)
        assert len(printed.peek()) > 0
        meanwhile(process)
        assert printed.read().decode() == sdl.current()
        assert process.wait(COMMAND_SECONDS) == 0
