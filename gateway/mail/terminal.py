"""The mail transport of a demo without SMTP: prints the links of letters on standard output."""

from rich.console import Console
from rich.text import Text

from db.outbox import Claimed
from gateway.mail.message import link_of, mailbox, other_link_of
from schema.localization.emails import plain

NAMES = {
    "INVITATION": "Invitation",
    "CONFIRMATION": "Confirmation of an address",
    "PASSWORD_RESET": "New password",
    "ACCESS_NOTICE": "Access to a company",
}


class TerminalMail:
    """Prints letters for the person who runs the demo; nothing of them is logged."""

    def __init__(self, public_url: str, console: Console | None = None) -> None:
        self._public_url = public_url
        self._console = console or Console()

    async def send(self, letter: Claimed) -> None:
        """Print the letter's kind, recipient and link on one unbroken line. Raises Undelivered."""
        other = other_link_of(letter, self._public_url)
        company = f" ({plain(letter.company)})" if letter.company else ""
        line = Text.assemble(
            ("✉ ", "bold"),
            (NAMES[letter.kind], "bold cyan"),
            f" for {mailbox(letter.email)}{company}: ",
            (link_of(letter, self._public_url), "underline"),
            f", or if that was not you: {other}" if other is not None else "",
        )
        self._console.print(line, soft_wrap=True)
