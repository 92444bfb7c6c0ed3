"""settings.py: where settings come from, what is refused, and that secrets stay out of sight."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from db.secrets import Keyring
from gateway.backend import terms_of
from gateway.data_folder import default_data_folder
from gateway.server.workers import conduct_of
from gateway.settings import Settings
from resolvers.mutations.registry import MUTATIONS

KEY = "A" * 42 + "E="


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "DATABASE_URL",
        "ENFACT_DATA",
        "ENFACT_PORT",
        "ENFACT_HOST",
        "ENFACT_SMTP_URL",
        "ENFACT_PUBLIC_URL",
        "ENFACT_SECRET_KEYS",
    ):
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
    assert ":secret" not in repr(settings)
    assert Settings(port=9001).port == 9001


@pytest.mark.parametrize(("text", "forbidden"), [("off", {"changePlan"}), ("on", set[str]()), ("", set[str]())])
def test_plan_changes_close_one_mutation(monkeypatch: pytest.MonkeyPatch, text: str, forbidden: set[str]) -> None:
    monkeypatch.setenv("ENFACT_PLAN_CHANGES", text)
    assert terms_of(Settings()).forbidden == forbidden
    assert forbidden <= set(MUTATIONS)


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
        ("ENFACT_PUBLIC_URL", "ftp://secret"),
        ("ENFACT_TRUSTED_PROXIES", "secret.example"),
        ("ENFACT_ALLOWED_ORIGINS", "https://a.example, secret"),
        ("ENFACT_SMTP_URL", "http://u:secret@mail"),
        ("ENFACT_SMTP_URL", "smtp://u:secret@"),
        ("ENFACT_SMTP_URL", "smtp://u:secret@mail:x"),
        ("ENFACT_SMTP_URL", "smtp://u:secret@mail/path"),
        ("ENFACT_SMTP_URL", "smtp://u:sec#ret@mail"),
        ("ENFACT_SMTP_URL", "smtp://u:secret@mail\n"),
        ("ENFACT_MAIL_FROM", "secret"),
        ("ENFACT_MAIL_FROM", "secret@example.be\nbcc: x@example.be"),
    ],
)
def test_wrong_values_are_refused_without_being_quoted(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("ENFACT_MAIL_FROM", "no-reply@example.be")
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "secret" not in str(refused.value)
    assert name.removeprefix("ENFACT_").lower() in str(refused.value).lower()


@pytest.mark.parametrize("keys", ["hidden", f"{KEY},hidden", f"{KEY},", KEY[1:], f"{KEY} {KEY}"])
def test_what_is_no_key_for_secrets_is_refused_without_being_quoted(keys: str) -> None:
    with pytest.raises(ValidationError, match="secret_keys") as refused:
        Settings(secret_keys=SecretStr(keys))
    assert "hidden" not in str(refused.value)
    assert KEY[1:] not in str(refused.value)


def test_keys_for_secrets_are_kept_in_their_order_and_out_of_sight() -> None:
    other = "B" + KEY[1:]
    settings = Settings(secret_keys=SecretStr(f" {other} , {KEY}"))
    assert settings.keyring.names == Keyring([other, KEY]).names
    assert KEY not in repr(settings)
    assert len(Settings().keyring) == 0


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://app.example.be", "https://app.example.be"),
        ("HTTPS://App.Example.BE:443/", "https://app.example.be"),
        ("http://localhost:80", "http://localhost"),
        ("http://localhost:443", "http://localhost:443"),
        ("https://xn--bires-5ua.example:8443", "https://xn--bires-5ua.example:8443"),
        ("http://[0:0:0:0:0:0:0:1]:8000", "http://[::1]:8000"),
    ],
)
def test_origins_are_kept_as_browsers_write_them(monkeypatch: pytest.MonkeyPatch, url: str, normal: str) -> None:
    monkeypatch.setenv("ENFACT_PUBLIC_URL", url)
    monkeypatch.setenv("ENFACT_ALLOWED_ORIGINS", f" {url} ,https://b.example,, ")
    settings = Settings()
    assert (settings.public_url, settings.allowed_origins) == (normal, {normal, "https://b.example"})


@pytest.mark.parametrize(
    "url",
    [
        "app.example.be", "//app.example.be", "https://", "https://app.example.be/path", "https://app.example.be?a=b",
        "https://app.example.be#a", "https://user@app.example.be", "https://u:p@app.example.be", "https://app.example.be:x",
        "https://app.example.be:99999", "https://*.example.be", "*", "null", "https://bières.example", "ftp://a.example",
        "https://[::1", "https://[x]", "https://a b.example", "https://a.example\t", "https://a..example", "wss://a.example",
    ],
)  # fmt: skip
def test_what_is_no_origin_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="public_url"):
        Settings(public_url=url)
    with pytest.raises(ValidationError, match="allowed_origins"):
        Settings(allowed_origins=frozenset({url}))


@pytest.mark.parametrize("url", ["smtp://mail", "smtps://u:p%23@mail.example.be:465", "SMTP+STARTTLS://[::1]:587/"])
def test_a_mail_server_needs_an_address_that_letters_come_from(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("ENFACT_SMTP_URL", url)
    monkeypatch.setenv("ENFACT_PUBLIC_URL", "https://app.example.be")
    with pytest.raises(ValidationError, match="mail_from"):
        Settings()
    monkeypatch.setenv("ENFACT_MAIL_FROM", "No-Reply@Example.be")
    settings = Settings()
    assert settings.smtp_url is not None
    assert (settings.smtp_url.get_secret_value(), settings.mail_from) == (url, "no-reply@example.be")
    assert url not in repr(settings)


@pytest.mark.parametrize("host", ["mail.example.be", "192.0.2.1", "localhost.example.be", "[2001:db8::1]", "0.0.0.0"])
def test_a_password_for_mail_never_leaves_the_machine_in_the_clear(host: str) -> None:
    with pytest.raises(ValidationError, match=r"smtp_url\n.*in the clear: begin it with smtps:// .* or smtp\+starttls"):
        Settings(smtp_url=SecretStr(f"smtp://u:secret@{host}"), mail_from="a@example.be")
    for url in (f"smtps://u:secret@{host}", f"smtp+starttls://u:secret@{host}", f"smtp://{host}"):
        public = {"public_url": "https://app.example.be", "mail_from": "a@example.be"}
        assert Settings.model_validate({"smtp_url": SecretStr(url), **public}).smtp_url is not None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:2525", "[::1]"])
def test_a_relay_on_the_same_machine_may_have_a_password(host: str) -> None:
    url = SecretStr(f"smtp://u:secret@{host}")
    assert Settings(smtp_url=url, mail_from="a@example.be").smtp_url == url


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "gateway.example.be"])
def test_letters_need_an_address_that_their_readers_reach(host: str) -> None:
    letters = {"smtp_url": SecretStr("smtps://mail.example.be"), "mail_from": "a@example.be"}
    relay = {**letters, "smtp_url": SecretStr("smtp://localhost")}
    proxies = {"trusted_proxies": "127.0.0.1"}
    for reached in ({"host": host, **letters}, {"host": host, **relay}, {**proxies, **relay}, letters):
        with pytest.raises(ValidationError, match=r"smtp_url\n.*needs ENFACT_PUBLIC_URL"):
            Settings.model_validate(reached)
        assert Settings.model_validate({**reached, "public_url": "https://app.example.be"}).smtp_url is not None
    assert Settings.model_validate(relay).smtp_url is not None
    assert Settings(host=host).smtp_url is None


@pytest.mark.parametrize(
    ("given", "hides"),
    [
        ({}, False), ({"host": "localhost"}, False), ({"public_url": "http://localhost:3000"}, False),
        ({"host": "0.0.0.0"}, True), ({"host": "gateway.example.be"}, True), ({"trusted_proxies": "10.0.0.1"}, True),
        ({"public_url": "https://demo.example.be"}, True), ({"host": "::", "expose_demo": True}, False),
    ],
)  # fmt: skip
def test_a_demo_that_others_reach_is_hidden_unless_it_is_exposed(given: dict[str, Any], hides: bool) -> None:
    assert Settings.model_validate(given).hides_demo is hides


def test_a_worker_is_told_what_options_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said = Settings(host="0.0.0.0", expose_demo=True)
    for name, value in conduct_of("postgresql://h/x", said).environment.items():
        monkeypatch.setenv(name, value)
    worker = Settings()
    assert (worker.host, worker.expose_demo, worker.hides_demo) == ("0.0.0.0", True, False)


def test_a_public_url_that_is_wrong_is_told_once() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(
            host="0.0.0.0",
            public_url="secret",
            smtp_url=SecretStr("smtps://mail.example.be"),
            mail_from="a@example.be",
        )
    assert [error["loc"] for error in refused.value.errors()] == [("public_url",)]


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


def test_a_user_without_a_home_has_the_systems_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(_path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", nowhere)
    assert default_data_folder({}, "linux") == Path("/var/lib/enfact")
