"""The e-mail message of a letter from the outbox, and the links in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8
from email.utils import format_datetime, localtime
from typing import Final, Literal, Self
from urllib.parse import unquote, urlsplit

from email_validator import EmailNotValidError, validate_email

from db.outbox import LIVES, Claimed
from gateway.mail.transport import Undelivered
from schema.localization.emails import SIGNATURE, Facts, write_letter

Tls = Literal["none", "starttls", "tls"]
SCHEMES: Final[Mapping[str, tuple[Tls, int]]] = {
    "smtp": ("none", 25),
    "smtp+starttls": ("starttls", 587),
    "smtps": ("tls", 465),
}
"""The encryption and the usual port for each scheme of an SMTP server's URL."""

PATHS: Final = {"INVITATION": "/invitation", "CONFIRMATION": "/confirm", "PASSWORD_RESET": "/reset-password"}
"""The path of the page that takes a letter's token, by the letter's kind."""

OTHER_PATHS: Final = {"CONFIRMATION": "/not-me"}
"""The path of the page for a reader who did not expect the letter; it takes the token, too."""


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The SMTP server, the sender's address and the product's URL.

    `tls`: "starttls" and "tls" refuse a server without a certificate that the system trusts; "none" is for a relay on
    the same machine. `public_url` is where people open the product. `timeout` is the seconds that one letter may take:
    less than the minute for which a sender has claimed it.
    """

    host: str
    sender: str
    public_url: str
    port: int = 587
    tls: Tls = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 20.0

    @classmethod
    def at(cls, url: str, sender: str, public_url: str) -> Self:
        """The settings for a URL like smtp+starttls://user:password@host:port, which has to be checked already."""
        parts = urlsplit(url)
        tls, usual_port = SCHEMES[parts.scheme]
        user, password = (None if part is None else unquote(part) for part in (parts.username, parts.password))
        port = parts.port or usual_port
        return cls(parts.hostname or "", sender, public_url, port=port, tls=tls, user=user, password=password)


def link_of(letter: Claimed, public_url: str) -> str:
    """The link in a letter. The token stands in the fragment, which browsers never send to a server."""
    address = public_url.rstrip("/")
    return address if letter.token is None else f"{address}{PATHS[letter.kind]}#token={letter.token}"


def other_link_of(letter: Claimed, public_url: str) -> str | None:
    """The link for a reader who did not expect the letter; None where the letter can simply be ignored."""
    path = OTHER_PATHS.get(letter.kind)
    return None if path is None else f"{public_url.rstrip('/')}{path}#token={letter.token}"


def compose(letter: Claimed, settings: MailSettings) -> EmailMessage:
    """The message. Raises Undelivered when the letter's address is not valid."""
    written = write_letter(
        letter.kind,
        letter.language,
        link=link_of(letter, settings.public_url),
        name=letter.name,
        facts=Facts(
            letter.company,
            LIVES.get(letter.kind),
            letter.accountant,
            other_link_of(letter, settings.public_url),
            letter.starts_empty,
        ),
    )
    message = EmailMessage(policy=SMTPUTF8)
    message["From"] = Address(SIGNATURE, addr_spec=settings.sender)
    message["To"] = _address(mailbox(letter.email))
    message["Subject"] = written.subject
    message["Date"] = format_datetime(localtime())
    # A new id for each attempt: a mail server that drops duplicates must not drop the newer link.
    message["Message-ID"] = f"<{letter.id.hex}.{letter.attempt}@{settings.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = letter.language.lower()
    message.set_content(written.body, cte="quoted-printable")
    return message


def _address(mailbox: str) -> Address:
    user, _, domain = mailbox.rpartition("@")
    return Address(username=user, domain=domain)  # the argument addr_spec would allow only ASCII


def mailbox(address: str) -> str:
    """An address in the form for SMTP, its domain in ASCII. Raises Undelivered for an invalid one."""
    try:
        valid = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise Undelivered("ADDRESS", final=True) from None
    return valid.ascii_email or valid.normalized
