"""settings.py: every setting is explained from its declaration, with the value in force, and no secret is shown."""

import pytest

from gateway.cli.settings import COLUMNS, HIDDEN, ExplainedSetting, explain
from gateway.cli.terminal import UnknownSetting
from gateway.settings import Settings
from tests.support.commands import enfact

SECRET = "postgresql://u:hush-9182@db/x"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "ENFACT_PORT", "ENFACT_DATA", "ENFACT_TEST_DSN"):
        monkeypatch.delenv(name, raising=False)


def explained(variable: str) -> ExplainedSetting:
    (line,) = (line for line in explain() if line.variable == variable)
    return line


def test_every_setting_is_there_once_with_its_meaning() -> None:
    lines = explain()
    assert len({line.variable for line in lines}) == len(lines) == len(Settings.model_fields)
    assert all(line.meaning and line.source == "default" and line.value == line.default for line in lines)
    assert {"DATABASE_URL", "ENFACT_PORT", "ENFACT_MAX_COST"} < {line.variable for line in lines}


def test_a_value_of_the_environment_is_told_from_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENFACT_PORT", "9000")
    monkeypatch.setenv("ENFACT_HOST", "")
    port, host = explained("ENFACT_PORT"), explained("ENFACT_HOST")
    assert (port.value, port.source, port.default) == ("9000", "environment", "8000")
    assert (host.value, host.source) == ("127.0.0.1", "default")


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", SECRET)
    assert explained("DATABASE_URL").value == HIDDEN
    assert "hush" not in repr(explain())


def test_a_wrong_value_is_told_beside_the_right_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENFACT_DEADLINE", "soon-secret")
    monkeypatch.setenv("ENFACT_PORT", "9000")
    wrong = explained("ENFACT_DEADLINE")
    assert (wrong.value, bool(wrong.problem)) == ("", True)
    assert "soon-secret" not in repr(explain())
    assert (explained("ENFACT_PORT").value, explained("ENFACT_PORT").problem) == ("9000", "")


def test_a_name_that_is_no_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENFACT_PROT", "9000")
    with pytest.raises(UnknownSetting, match="Did you mean ENFACT_PORT"):
        explain()


@pytest.mark.parametrize("name", ["port", "ENFACT_PORT", "enfact_port"])
def test_one_setting_is_a_line_with_tabs(name: str) -> None:
    header, line = enfact("settings", name, ENFACT_PORT="9000").stdout.splitlines()
    assert tuple(header.split("\t")) == COLUMNS
    assert line.split("\t")[:4] == ["ENFACT_PORT", "9000", "environment", "8000"]


def test_the_command_refuses_a_name_and_tells_of_wrong_values() -> None:
    refused = enfact("settings", "prot")
    assert (refused.returncode, "Did you mean ENFACT_PORT?" in refused.stderr) == (2, True)
    wrong = enfact("settings", DATABASE_URL="mysql://u:hush@db/x")
    assert (wrong.returncode, "has to begin with postgresql://" in wrong.stdout) == (1, True)
    assert len(wrong.stdout.splitlines()) == len(Settings.model_fields) + 1
    assert "hush" not in wrong.stdout + wrong.stderr
