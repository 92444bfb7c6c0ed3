"""Who reaches the gateway: its ports, the proxies in front, the origins of pages, what browsers are shown."""

import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from gateway.origins import is_loopback, origin
from gateway.setting_groups.group import SettingGroup

HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


class ReachSettings(SettingGroup):
    """Who reaches the gateway: its ports, the proxies in front, the origins of pages, what browsers are shown."""

    host: str = Field(default="127.0.0.1", min_length=1, description="The address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on; 0 lets the system choose.")
    admin_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="A port for the operator: /metrics (Prometheus), /health/live and /health/ready, on a listener of "
        "its own. Without it there is none, and nothing is counted.",
    )
    admin_host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="The address of that listener. What it tells is for operators: let no stranger reach it.",
    )
    public_url: str | None = Field(
        default=None,
        description="Where browsers reach the gateway, like https://app.example.be: decides whether its cookie is for "
        "https only, is the one origin whose pages may use that cookie, and is what links in letters begin with. "
        "Without it browsers are taken to use http and the host of their request. Over http a cookie is set and read "
        "only on a loopback address: elsewhere login(session: COOKIE) gives no session, and a token has to be used.",
    )
    trusted_proxies: str = Field(
        default="",
        description="Addresses or networks of the proxies in front, with commas between them: what they say of a "
        "client's address (X-Forwarded-For) is believed, and limits count by it; nobody else is believed.",
    )
    allowed_origins: Annotated[frozenset[str], NoDecode] = Field(
        default=frozenset(),
        description="Further origins whose pages may call the gateway and read its answers (CORS), with the session "
        "cookie too; with commas between them.",
    )
    allowed_headers: Annotated[frozenset[str], NoDecode] = Field(
        default=frozenset(),
        description="Further request headers that pages of other origins may send (CORS), with commas between them; "
        "those of Apollo, Sentry and other common clients need not be named.",
    )
    expose_demo: bool = Field(
        default=False,
        description="Whether a demo may be reached from other machines, although everybody knows its passwords and, "
        "without ENFACT_SMTP_URL, it shows the secrets of its invitations to who invites.",
    )
    console: Literal["on", "users", "off"] | None = Field(
        default=None,
        description="What browsers are shown at /console/: on is everything, users leaves out the explorer for "
        "developers, which has the names of the whole schema, off shows nothing. By default on where only this machine "
        "reaches the gateway, else users.",
    )
    any_origin: bool = Field(
        default=False,
        description="Whether pages of all other origins may do so with a token; the cookie stays for those that are "
        "set.",
    )
    workers: int = Field(default=1, ge=1, le=64, description="The number of processes that share the port.")

    @field_validator("trusted_proxies")
    @classmethod
    def _check_trusted_proxies(cls, proxies: str) -> str:
        try:
            return ",".join(str(ip_network(proxy.strip())) for proxy in proxies.split(",") if proxy.strip())
        except ValueError:
            raise ValueError("has to be IP addresses or networks, like 10.0.0.1,192.168.0.0/16") from None

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, url: str | None) -> str | None:
        return None if url is None else origin(url)

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split_origins(cls, origins: object) -> object:
        return [part for part in re.split(r"[,\s]+", origins) if part] if isinstance(origins, str) else origins

    @field_validator("allowed_origins")
    @classmethod
    def _check_origins(cls, origins: frozenset[str]) -> frozenset[str]:
        return frozenset(map(origin, origins))

    @field_validator("allowed_headers", mode="before")
    @classmethod
    def _split_headers(cls, names: object) -> object:
        return [part for part in re.split(r"[,\s]+", names) if part] if isinstance(names, str) else names

    @field_validator("allowed_headers")
    @classmethod
    def _check_headers(cls, names: frozenset[str]) -> frozenset[str]:
        if not all(HEADER_NAME.fullmatch(name) for name in names):
            raise ValueError("has to be names of headers, with commas between them")
        return frozenset(name.lower() for name in names)

    @property
    def hides_demo(self) -> bool:
        """True if a demo must not be served: other machines may reach the gateway, and it is not to be exposed."""
        return self.is_reached and not self.expose_demo

    @property
    def is_reached(self) -> bool:
        """True if other machines may reach the gateway, as far as the settings show."""
        return may_be_reached(dict(self))

    @property
    def has_console(self) -> bool:
        """True if browsers are shown the console."""
        return self.console != "off"

    @property
    def has_explorer(self) -> bool:
        """True if the console has the explorer."""
        return self.console == "on" or (self.console is None and not self.is_reached)


def may_be_reached(settings: Mapping[str, Any]) -> bool:
    """True if other machines may reach the gateway, as far as its settings show."""
    public = urlsplit(settings.get("public_url") or "http://localhost").hostname or ""
    hosts = settings.get("host", "localhost"), public
    return bool(settings.get("trusted_proxies")) or not all(map(is_loopback, hosts))
