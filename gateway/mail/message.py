"""From a claimed letter to the message that goes over the wire: takes the letter, gives the link and the e-mail."""

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
from gateway.mail.carrier import Undelivered
from schema.letters import SIGNATURE, Facts, write_letter

Tls = Literal["none", "starttls", "tls"]
SCHEMES: Final[Mapping[str, tuple[Tls, int]]] = {
    "smtp": ("none", 25),
    "smtp+starttls": ("starttls", 587),
    "smtps": ("tls", 465),
}
"""What the scheme of an SMTP server's URL says, and its usual port."""

PATHS: Final = {"INVITATION": "/invitation", "CONFIRMATION": "/confirm", "PASSWORD_RESET": "/reset-password"}
"""The page that takes the token of a letter, by its kind."""

OTHER_PATHS: Final = {"CONFIRMATION": "/not-me"}
"""The page that takes it from who did not expect the letter."""


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The SMTP server, and what letters say of us.

    `tls`: "starttls" and "tls" refuse a server without a certificate that the system trusts; "none" is for a relay on
    the same machine. `public_url` is where people open the product, `timeout` the seconds that one letter may take:
    less than the minute that a sender has a letter to itself.
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
        """The server of a URL like smtp+starttls://user:password@host:port, which has been checked."""
        parts = urlsplit(url)
        tls, usual_port = SCHEMES[parts.scheme]
        user, password = (None if part is None else unquote(part) for part in (parts.username, parts.password))
        port = parts.port or usual_port
        return cls(parts.hostname or "", sender, public_url, port=port, tls=tls, user=user, password=password)


def link_of(letter: Claimed, public_url: str) -> str:
    """The link of a letter. The token stands in the fragment, which a browser sends to no server."""
    address = public_url.rstrip("/")
    return address if letter.token is None else f"{address}{PATHS[letter.kind]}#token={letter.token}"


def other_link_of(letter: Claimed, public_url: str) -> str | None:
    """The link for who did not expect a letter; None where the letter may just be ignored."""
    path = OTHER_PATHS.get(letter.kind)
    return None if path is None else f"{public_url.rstrip('/')}{path}#token={letter.token}"


def compose(letter: Claimed, settings: MailSettings) -> EmailMessage:
    """The message. Raises Undelivered when the letter's address is none."""
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
    # Another one for each attempt: whoever drops the second copy of a message must not drop the newer link.
    message["Message-ID"] = f"<{letter.id.hex}.{letter.attempt}@{settings.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = letter.language.lower()
    message.set_content(written.body, cte="quoted-printable")
    return message


def _address(mailbox: str) -> Address:
    user, _, domain = mailbox.rpartition("@")
    return Address(username=user, domain=domain)  # as addr_spec it may not have other letters than ASCII


def mailbox(address: str) -> str:
    """An address as SMTP takes it, its domain in ASCII. Raises Undelivered for what is no address."""
    try:
        valid = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise Undelivered("ADDRESS", final=True) from None
    return valid.ascii_email or valid.normalized
