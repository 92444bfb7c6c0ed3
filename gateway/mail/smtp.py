"""The mail transport over SMTP, with one connection for each letter."""

import asyncio
from contextlib import suppress

from aiosmtplib import SMTP, SMTPException, SMTPRecipientsRefused, SMTPResponseException

from db.outbox import Claimed
from gateway.mail.message import MailSettings, compose, mailbox
from gateway.mail.transport import Undelivered

GOODBYE = 2.0
"""Seconds that a server may take to answer QUIT."""


class SmtpMail:
    """Sends letters to an SMTP server."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    async def send(self, letter: Claimed) -> None:
        """Return when the server has taken the letter. Raises Undelivered."""
        try:
            message = compose(letter, self._settings)
            async with asyncio.timeout(self._settings.timeout):
                client = await self._connect()
                try:
                    await client.send_message(message, sender=self._settings.sender, recipients=[mailbox(letter.email)])
                except BaseException:
                    client.close()
                    raise
        except (SMTPException, OSError, ValueError) as error:
            raise _undelivered(error) from None
        await _leave(client)

    async def _connect(self) -> SMTP:
        settings = self._settings
        client = SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.user,
            password=settings.password,
            timeout=settings.timeout,
            use_tls=settings.tls == "tls",
            start_tls=settings.tls == "starttls",
        )
        try:
            await client.connect()
        except BaseException:
            client.close()
            raise
        return client


async def _leave(client: SMTP) -> None:
    """End the session; errors are ignored, because the server has taken the letter already."""
    with suppress(SMTPException, OSError):
        await client.quit(timeout=GOODBYE)
    client.close()


def _undelivered(error: Exception) -> Undelivered:
    """The error as Undelivered: its kind and the server's code, but not its text, which quotes addresses."""
    match error:
        case SMTPRecipientsRefused(recipients=[refused, *_]):
            return Undelivered(f"{type(refused).__name__} {refused.code}", final=500 <= refused.code < 600)
        case SMTPResponseException(code=code):
            return Undelivered(f"{type(error).__name__} {code}")
        case _:
            return Undelivered(type(error).__name__)
