"""terminal.py: errors are one sentence, and tables go whole into pipes and framed to terminals."""

import builtins
import os
import pty
import subprocess
import sys
from importlib import import_module

import pytest
import typer
from pydantic import ValidationError
from rich.table import Table
from rich.text import Text

from db.errors import DatabaseUnavailable
from gateway.cli.terminal import REFUSALS, VALIDATION, Declined, print_table, refusals
from tests.support.databases import ROOT

LONG = "x" * 300
FRAMED = """
from rich.table import Table
from gateway.cli.terminal import print_table
table = Table("name")
table.add_row("Zoé")
print_table(table)
"""


@pytest.mark.parametrize("name", sorted(REFUSALS))
def test_each_refusal_is_an_error_that_exists(name: str) -> None:
    module, _, kind = name.rpartition(".")
    assert issubclass(getattr(import_module(module), kind), Exception)


def test_the_error_of_settings_has_the_name_that_is_looked_for() -> None:
    assert f"{ValidationError.__module__}.{ValidationError.__qualname__}" == VALIDATION


def said(capsys: pytest.CaptureFixture[str], error: BaseException) -> tuple[int, str]:
    """The exit code and the words for an error."""
    with pytest.raises(typer.Exit) as ended, refusals():
        raise error
    return ended.value.exit_code, capsys.readouterr().err


def test_an_error_for_people_is_its_own_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, DatabaseUnavailable("It is [red]away.")) == (1, "enfact: It is [red]away.\n")
    assert said(capsys, Declined("No.")) == (1, "enfact: No.\n")


def test_an_error_of_the_system_names_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    code, words = said(capsys, PermissionError(13, "Permission denied", "/etc/x"))
    assert (code, words) == (1, "enfact: /etc/x: Permission denied.\n")


def test_an_error_of_the_program_is_told_without_its_message(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, words = said(capsys, KeyError("a-secret"))
    assert (code, words.count("\n"), "a-secret" in words) == (1, 1, False)
    assert "KeyError at " in words
    monkeypatch.setenv("ENFACT_LOG_LEVEL", "debug")
    assert "Traceback" in said(capsys, KeyError("x"))[1]


def test_ctrl_c_and_wrong_usage_keep_their_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, builtins.KeyboardInterrupt()) == (130, "")
    with pytest.raises(typer.BadParameter), refusals():
        raise typer.BadParameter("no")


def test_a_table_in_a_pipe_has_tabs_and_is_not_cut(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("name", "paths", title="Title")
    table.add_row(Text("a\tb"), f"one\n\ntwo {LONG}")
    table.add_row("[bold]", "")
    print_table(table)
    print_table(table, header=False)
    rows = [f"a b\tone; two {LONG}", "[bold]\t"]
    assert capsys.readouterr().out.splitlines() == ["name\tpaths", *rows, *rows]


def test_a_table_on_a_terminal_is_framed() -> None:
    terminal, other = pty.openpty()
    try:
        subprocess.run([sys.executable, "-c", FRAMED], cwd=ROOT, stdout=other, check=True, timeout=60)
        told = os.read(terminal, 4_096).decode()
    finally:
        os.close(terminal)
        os.close(other)
    assert "│ Zoé" in told
