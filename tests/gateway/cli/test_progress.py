"""progress.py: a sign of life for people and for logs, and none where standard error has to be JSON."""

import pytest

from gateway.cli.progress import Bar, ProgressLines, progress_of
from gateway.settings import Settings


def test_each_step_and_stage_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_of(Settings(log_format="auto")) as progress:
        progress.step("Migrating the database")
        for done in range(3):
            progress.report("write", done, 3)
        progress.report("multiply", 0, 1)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "enfact: Migrating the database …",
        "enfact: Writing the demo …",
        "enfact: Multiplying the demo …",
    ]


@pytest.mark.parametrize("settings", [Settings(log_format="json"), Settings(log_level="off")])
def test_nothing_is_said_where_standard_error_belongs_to_programs(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress_of(settings) as progress:
        assert isinstance(progress, ProgressLines)
        progress.step("Migrating the database")
    assert capsys.readouterr().err == ""


def test_a_terminal_has_one_line_that_moves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress_of(Settings(log_format="auto")) as progress:
        assert isinstance(progress, Bar)
        progress.step("Migrating the database")
        progress.report("write", 1, 2)
        progress.stop()
        progress.stop()
    said = capsys.readouterr()
    assert said.out == ""
    assert "Writing the demo" in said.err
