"""A real SMTP server for tests: takes letters on a loopback port and keeps them, or refuses them as configured."""

import asyncio
import email
import email.policy
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from gateway.mail.message import MailSettings

LINK = re.compile(r"^https://enfact\.test/(\S+)#token=(enm_[\w-]{43})$", re.MULTILINE)
PUBLIC_URL = "https://enfact.test/"


async def until(holds: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait until `holds`; fails after three minutes, because starting processes takes long on a busy machine."""
    async with asyncio.timeout(180):
        while not (found if isinstance(found := holds(), bool) else await found):  # noqa: ASYNC110 (it has no event)
            await asyncio.sleep(0.01)


@dataclass(frozen=True, slots=True)
class Received:
    """A letter that arrived: the recipient of the envelope, and the message."""

    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def body(self) -> str:
        """The text."""
        return self.message.get_content().replace("\r\n", "\n")

    @property
    def link(self) -> tuple[str, str]:
        """The path and the token of the link; fails for any further link but "not me"."""
        (path, token), *others = LINK.findall(self.body)
        assert others == ([("not-me", token)] if path == "confirm" else [])
        return path, token


@dataclass
class Mailbox:
    """The letters that arrived. `recipient_reply` and `data_reply` replace 250; `on_data` runs before the latter."""

    port: int = 0
    received: list[Received] = field(default_factory=list[Received])
    recipient_reply: str | None = None
    data_reply: str | None = None
    on_data: Callable[[], Awaitable[None]] | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncGenerator["Mailbox"]:
        """A server that runs within the block."""
        mailbox = cls()
        loop = asyncio.get_running_loop()

        def session() -> SMTP:
            return SMTP(mailbox, loop=loop, hostname="mail.enfact.test", enable_SMTPUTF8=True)

        server = await loop.create_server(session, "127.0.0.1", 0)
        mailbox.port = server.sockets[0].getsockname()[1]
        try:
            yield mailbox
        finally:
            server.close()

    def settings(self, **others: Any) -> MailSettings:
        """The mail settings for this server."""
        usual = MailSettings("127.0.0.1", "noreply@enfact.test", PUBLIC_URL, port=self.port, tls="none")
        return replace(usual, **others)

    async def arrival(self, count: int = 1) -> list[Received]:
        """The letters, once `count` have arrived; fails after ten seconds."""
        await until(lambda: len(self.received) >= count)
        return self.received

    async def handle_RCPT(  # noqa: N802 (the server calls it by this name)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if self.recipient_reply is not None:
            return self.recipient_reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take or refuse a letter."""
        if self.data_reply is None:
            message = email.message_from_bytes(cast("bytes", envelope.content), policy=email.policy.default)
            self.received.append(Received(tuple(envelope.rcpt_tos), message))
        if self.on_data is not None:
            await self.on_data()  # when this ends the sender, the server ends the handler
        return self.data_reply or "250 OK"
