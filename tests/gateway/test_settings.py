"""gateway/settings.py: where settings come from, what is refused, and that secrets stay out of sight."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.settings import Settings, default_data_folder


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "ENFACT_DATA", "ENFACT_PORT", "ENFACT_HOST"):
        monkeypatch.delenv(name, raising=False)


def test_everything_has_a_default_and_a_description() -> None:
    settings = Settings()
    assert (settings.host, settings.port, settings.workers, settings.database_url) == ("127.0.0.1", 8000, 1, None)
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_environment_is_read_and_arguments_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENFACT_PORT", "9000")
    monkeypatch.setenv("ENFACT_HOST", "")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:secret@db/x")
    settings = Settings()
    assert (settings.port, settings.host) == (9000, "127.0.0.1")
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://u:secret@db/x"
    assert "secret" not in repr(settings)
    assert Settings(port=9001).port == 9001


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENFACT_PORT", "70000"),
        ("ENFACT_PORT", "secret"),
        ("ENFACT_WORKERS", "0"),
        ("ENFACT_DEADLINE", "0"),
        ("ENFACT_MAX_BODY", "-1"),
        ("ENFACT_LOG_LEVEL", "secret"),
        ("DATABASE_URL", "mysql://u:secret@db/x"),
    ],
)
def test_wrong_values_are_refused_without_being_quoted(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "secret" not in str(refused.value)
    assert name.removeprefix("ENFACT_").lower() in str(refused.value).lower()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("environ", "platform", "folder"),
    [
        ({"HOME": "/home/ada"}, "linux", "/home/ada/.local/share/enfact"),
        ({"HOME": "/home/ada", "XDG_DATA_HOME": "/data"}, "linux", "/data/enfact"),
        ({"HOME": "/home/ada", "XDG_DATA_HOME": "relative"}, "linux", "/home/ada/.local/share/enfact"),
        ({"HOME": "/Users/ada"}, "darwin", "/Users/ada/Library/Application Support/enfact"),
    ],
)
def test_data_lie_where_the_platform_keeps_them(environ: dict[str, str], platform: str, folder: str) -> None:
    assert default_data_folder(environ, platform) == Path(folder)
