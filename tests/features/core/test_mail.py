"""Letters on their way: a real SMTP server gets what waits in the outbox, once when all goes well; nothing leaks."""

import asyncio
import io
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from rich.console import Console

from db.connection import Connection, connect
from db.database import Database
from db.outbox import Kind, Letter, post
from db.tokens import hash_token
from gateway.logs import Log, open_log
from gateway.mail import sender
from gateway.mail.message import MailSettings
from gateway.mail.sender import MailSender, sending
from gateway.mail.smtp import SmtpMail
from gateway.mail.terminal import TerminalMail
from gateway.mail.transport import LazyTransport, MailTransport, always, in_demo
from tests.support.commands import start
from tests.support.company import Firm, Person
from tests.support.databases import ROOT, Databases
from tests.support.smtp_server import Mailbox, until

SUBJECTS = {
    ("INVITATION", "EN"): "Peeters & Co invites you",
    ("INVITATION", "FR"): "Peeters & Co vous invite",
    ("INVITATION", "NL"): "Peeters & Co nodigt u uit",
    ("INVITATION", "DE"): "Peeters & Co lädt Sie ein",
    ("CONFIRMATION", "EN"): "Confirm your e-mail address",
    ("CONFIRMATION", "FR"): "Confirmez votre adresse e-mail",
    ("CONFIRMATION", "NL"): "Bevestig uw e-mailadres",
    ("CONFIRMATION", "DE"): "Bestätigen Sie Ihre E-Mail-Adresse",
    ("PASSWORD_RESET", "EN"): "Choose a new password",
    ("PASSWORD_RESET", "FR"): "Choisissez un nouveau mot de passe",
    ("PASSWORD_RESET", "NL"): "Kies een nieuw wachtwoord",
    ("PASSWORD_RESET", "DE"): "Wählen Sie ein neues Passwort",
    ("ACCESS_NOTICE", "EN"): "Peeters & Co gives you access",
    ("ACCESS_NOTICE", "FR"): "Peeters & Co vous donne accès",
    ("ACCESS_NOTICE", "NL"): "Peeters & Co geeft u toegang",
    ("ACCESS_NOTICE", "DE"): "Peeters & Co gibt Ihnen Zugang",
}
READERS: dict[Kind, str] = {
    "INVITATION": "pending", "CONFIRMATION": "bram", "PASSWORD_RESET": "clara", "ACCESS_NOTICE": "accountant",
}  # fmt: skip
PATHS = {"INVITATION": "invitation", "CONFIRMATION": "confirm", "PASSWORD_RESET": "reset-password"}
KILLED_SENDER = """
import asyncio, sys
from gateway.logs import open_log
from gateway.mail.transport import always
from gateway.mail.message import MailSettings
from gateway.mail.sender import sending
from gateway.mail.smtp import SmtpMail

async def main():
    dsn, port = sys.argv[1], int(sys.argv[2])
    settings = MailSettings("127.0.0.1", "noreply@enfact.test", "https://enfact.test", port=port, tls="none")
    async with sending(dsn, always(SmtpMail(settings)), open_log("info", "json")):
        await asyncio.sleep(60)

asyncio.run(main())
"""
TIDYING = {"gateway.mail.sender.TIDY_EVERY": 0.0}


@dataclass
class Post:
    """A company with an outbox, an SMTP server, and a log that is kept."""

    dsn: str
    database: Database
    connection: Connection
    firm: Firm
    mailbox: Mailbox
    lines: io.StringIO = field(default_factory=io.StringIO)

    @property
    def log(self) -> Log:
        return open_log("debug", "json", self.lines)

    @asynccontextmanager
    async def sender(
        self, carrier: MailTransport | None = None, database: Database | None = None, **settings: Any
    ) -> AsyncGenerator[asyncio.Task[None]]:
        chosen = carrier or SmtpMail(self.mailbox.settings(**settings))
        task = asyncio.create_task(MailSender(database or self.database, always(chosen), self.log).run())
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def write(self, kind: Kind, name: str | None = None, language: str = "FR") -> Person:
        """Post a letter to a person; gives the person."""
        person = self.firm[name or READERS[kind]]
        if kind == "PASSWORD_RESET":
            await post(self.connection, Letter(kind, person.email, language))
            return person
        company, member = (None, None) if kind == "CONFIRMATION" else (self.firm.key, person.membership)
        await post(self.connection, Letter(kind, person.email, language, person.account, company, member))
        return person

    async def settled(self, condition: str = "sent_at is not null or given_up_at is not null") -> list[dict[str, Any]]:
        """All letters, once `condition` holds for each; fails after ten seconds."""
        waiting = f"select not exists (select from outbox where not coalesce({condition}, false))"
        await until(lambda: self.connection.fetchval(waiting))
        return [
            dict(row)
            for row in await self.connection.fetch(
                "select attempts, problem, sent_at is not null sent, given_up_at is not null given_up, "
                "due_at > now() + interval '30 seconds' later from outbox"
            )
        ]

    async def hurry(self) -> None:
        await self.connection.execute("update outbox set due_at = now()")

    def events(self) -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in self.lines.getvalue().splitlines()]


@pytest.fixture
async def mail(fresh_dsn: str, fresh_database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Post]:
    monkeypatch.setattr(sender, "POLL", 0.02)
    connection = await connect(fresh_dsn)
    async with Mailbox.open() as mailbox:
        yield Post(fresh_dsn, fresh_database, connection, await Firm.found(connection), mailbox)
    await connection.close()


@pytest.mark.parametrize(("kind", "language"), list(SUBJECTS), ids=lambda value: value)
async def test_a_letter_arrives_in_the_readers_language_with_a_link_that_works(
    mail: Post, kind: Kind, language: str
) -> None:
    change = "update account set language = $2, confirmed = $3 where id = $1"
    confirmed = kind != "CONFIRMATION"
    own = language if confirmed else next(other for other in ("FR", "NL") if other != language)
    await mail.connection.execute(change, mail.firm[READERS[kind]].account, own, confirmed)
    person = await mail.write(kind, language=language if kind == "CONFIRMATION" else "FR")
    async with mail.sender():
        (letter,) = await mail.mailbox.arrival()
        (row,) = await mail.settled()
    assert row == {"attempts": 1, "problem": None, "sent": True, "given_up": False, "later": True}
    assert letter.recipients == (person.email,)
    message = letter.message
    assert message["To"] == person.email
    assert message["From"] == "enFact <noreply@enfact.test>"
    assert message["Subject"] == SUBJECTS[kind, language]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith(".1@enfact.test>")
    assert message["Date"].datetime.tzinfo is not None
    assert message.get_content_type() == "text/plain"
    assert message.get_content_charset() == "utf-8"
    if kind == "ACCESS_NOTICE":
        assert "\nhttps://enfact.test\n" in letter.body
        return
    path, token = letter.link
    assert path == PATHS[kind]
    (stored,) = await mail.connection.fetch("select token_hash, purpose, account_id from mail_token")
    assert tuple(stored) == (hash_token(token), kind, person.account)


async def test_letters_that_are_due_leave_without_waiting_for_the_next_poll(
    mail: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "POLL", 3600.0)
    for name in ("anna", "bram", "clara", "owner", "partner", "pending"):
        await mail.write("PASSWORD_RESET", name)
    async with mail.sender():
        assert len(await mail.mailbox.arrival(6)) == 6


async def test_no_more_than_a_few_letters_are_under_way_at_once(mail: Post) -> None:
    under_way, most, gate = 0, 0, asyncio.Event()

    async def hold() -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await gate.wait()
        under_way -= 1

    mail.mailbox.on_data = hold
    for name in ("anna", "bram", "clara", "owner", "partner", "pending"):
        await mail.write("PASSWORD_RESET", name)
    async with mail.sender():
        await mail.settled(f"(select sum(attempts) from outbox) = {sender.MOST_AT_ONCE}")
        await until(lambda: under_way >= sender.MOST_AT_ONCE)
        gate.set()
        await mail.mailbox.arrival(6)
        await mail.settled()
    assert most == sender.MOST_AT_ONCE


@pytest.mark.parametrize(
    ("recipient", "data", "problem"),
    [
        ("451 4.7.1 anna@firm.test is greylisted", None, "SMTPRecipientRefused 451"),
        (None, "452 4.3.1 no room", "SMTPDataError 452"),
        (None, "554 5.7.1 no", "SMTPDataError 554"),
    ],
    ids=["recipient", "data", "data_5xx"],
)
async def test_what_is_refused_for_now_is_sent_later(
    mail: Post, recipient: str | None, data: str | None, problem: str
) -> None:
    mail.mailbox.recipient_reply, mail.mailbox.data_reply = recipient, data
    await mail.write("INVITATION")
    async with mail.sender():
        (row,) = await mail.settled("problem is not null")
        assert row == {"attempts": 1, "problem": problem, "sent": False, "given_up": False, "later": True}
        assert mail.mailbox.received == []
        mail.mailbox.recipient_reply = mail.mailbox.data_reply = None
        await mail.hurry()
        (letter,) = await mail.mailbox.arrival()
        (row,) = await mail.settled()
    assert (row["attempts"], row["sent"], row["problem"]) == (2, True, None)
    assert letter.message["Message-ID"].endswith(".2@enfact.test>")


async def test_a_recipient_that_does_not_exist_is_given_up(mail: Post) -> None:
    mail.mailbox.recipient_reply = "550 5.1.1 no such user"
    await mail.write("INVITATION")
    async with mail.sender():
        (row,) = await mail.settled()
        assert row["given_up"]
        assert (row["attempts"], row["sent"], row["problem"]) == (1, False, "SMTPRecipientRefused 550")
        mail.mailbox.recipient_reply = None
        await mail.hurry()
        await mail.write("PASSWORD_RESET")
        (letter,) = await mail.mailbox.arrival()
    assert letter.link[0] == "reset-password"


async def test_a_server_that_is_away_is_tried_again(mail: Post) -> None:
    await mail.write("INVITATION")
    async with mail.sender(port=1):
        (row,) = await mail.settled("problem is not null")
    assert (row["attempts"], row["given_up"], row["problem"]) == (1, False, "SMTPConnectError")


async def test_a_server_that_does_not_answer_costs_the_time_that_is_set(mail: Post) -> None:
    mail.mailbox.on_data = asyncio.Event().wait  # pyright: ignore[reportAttributeAccessIssue]
    await mail.write("INVITATION")
    async with mail.sender(timeout=0.3):
        (row,) = await mail.settled("problem is not null")
    assert (row["given_up"], "Timeout" in row["problem"]) == (False, True)


async def test_a_letter_never_goes_in_the_clear_when_tls_is_wanted(mail: Post) -> None:
    await mail.write("INVITATION")
    async with mail.sender(tls="starttls"):
        (row,) = await mail.settled("problem is not null")
    assert (row["sent"], row["problem"]) == (False, "SMTPException")
    assert mail.mailbox.received == []


async def test_two_senders_send_each_letter_once(mail: Post) -> None:
    names = ["anna", "bram", "clara", "owner", "partner", "pending", "accountant"]
    for name in names * 5:
        await mail.write("PASSWORD_RESET", name)
    other = await Database.open(mail.dsn)
    async with mail.sender(), mail.sender(database=other):
        rows = await mail.settled()
    await other.close()
    assert {row["attempts"] for row in rows} == {1}
    assert len(mail.mailbox.received) == 35
    assert len({letter.message["Message-ID"] for letter in mail.mailbox.received}) == 35
    assert len({letter.link for letter in mail.mailbox.received}) == 35


async def test_a_letter_whose_sender_is_killed_before_it_could_say_so_is_sent_again(mail: Post) -> None:
    await mail.write("INVITATION")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED_SENDER, mail.dsn, str(mail.mailbox.port), cwd=ROOT
    )

    async def kill() -> None:
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()

    mail.mailbox.on_data = kill
    try:
        await mail.mailbox.arrival()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    mail.mailbox.on_data = None
    (row,) = await mail.settled("attempts = 1")
    assert (row["sent"], row["later"]) == (False, True)
    await mail.hurry()
    async with mail.sender():
        first, second = await mail.mailbox.arrival(2)
        (row,) = await mail.settled()
    assert (row["sent"], row["attempts"]) == (True, 2)
    valid = {record[0] for record in await mail.connection.fetch("select token_hash from mail_token")}
    assert valid == {hash_token(first.link[1]), hash_token(second.link[1])}
    assert first.message["Message-ID"] != second.message["Message-ID"]


async def test_a_sender_that_is_stopped_finishes_the_letter_under_way(mail: Post) -> None:
    reached, gate = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        reached.set()
        await gate.wait()

    mail.mailbox.on_data = hold
    await mail.write("INVITATION")
    async with mail.sender() as task:
        await reached.wait()
        task.cancel()
        gate.set()
    # It has ended, so what it did not write down by now it never will.
    assert await mail.connection.fetchval("select sent_at is not null and attempts = 1 from outbox")


async def test_nobody_is_written_to_for_an_address_without_a_login(mail: Post) -> None:
    await post(mail.connection, Letter("PASSWORD_RESET", "nobody@firm.test", "FR"))
    async with mail.sender():
        (row,) = await mail.settled()
    assert row == {"attempts": 1, "problem": "NOBODY", "sent": True, "given_up": False, "later": True}
    assert mail.mailbox.received == []
    assert mail.lines.getvalue() == ""


HOSTILE = "Evil\r\nBcc: victim@firm.test\r\n\r\nhttps://evil.example/\u2028" + "x" * 5_000


async def test_names_add_neither_headers_nor_recipients_nor_links(mail: Post) -> None:
    person = await mail.write("INVITATION")
    await mail.connection.execute("update company set name = $1", HOSTILE)
    await mail.connection.execute("update membership set first_name = $1", HOSTILE)
    async with mail.sender():
        (letter,) = await mail.mailbox.arrival()
    assert letter.recipients == (person.email,)
    assert set(letter.message.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language", "Content-Type",
        "Content-Transfer-Encoding", "MIME-Version", "X-Peer", "X-MailFrom", "X-RcptTo",
    } & set(letter.message.keys())  # fmt: skip
    assert letter.message["Bcc"] is None
    assert len(letter.message["Subject"]) < 120
    assert letter.body.count("://") == 1
    assert letter.link[0] == "invitation"


@pytest.mark.parametrize(
    "address",
    [
        "a@firm.test>\r\nrcpt to:<victim@firm.test",
        "a@firm.test, victim@firm.test",
        "a b@firm.test",
        "",
        "a@firm.test\n",
    ],
    ids=["command", "list", "space", "empty", "newline"],
)
async def test_an_address_that_is_none_is_given_up_before_anything_is_sent(mail: Post, address: str) -> None:
    person = await mail.write("INVITATION")
    await mail.connection.execute("update account set email = $2 where id = $1", person.account, address)
    async with mail.sender():
        (row,) = await mail.settled()
    assert (row["given_up"], row["problem"]) == (True, "ADDRESS")
    assert mail.mailbox.received == []


@pytest.mark.parametrize(
    ("address", "envelope"),
    [("anna@münchen.test", "anna@xn--mnchen-3ya.test"), ("zoé@firm.test", "zoé@firm.test")],
    ids=["domain", "local"],
)
async def test_an_address_with_other_letters_than_ascii_is_reached(mail: Post, address: str, envelope: str) -> None:
    person = await mail.write("INVITATION")
    await mail.connection.execute("update account set email = $2 where id = $1", person.account, address)
    async with mail.sender():
        (row,) = await mail.settled()
        assert row["sent"], row
    assert [letter.recipients for letter in mail.mailbox.received] == [(envelope,)]


async def test_the_log_names_kinds_and_letters_but_nobody_and_no_secret(mail: Post) -> None:
    seen: list[str] = []

    async def refuse() -> None:
        seen.append("data")

    mail.mailbox.on_data, mail.mailbox.data_reply = refuse, "451 4.0.0 Peeters & Co invites you enm_x"
    person = await mail.write("INVITATION")
    async with mail.sender():
        await mail.settled("problem is not null")
        mail.mailbox.data_reply, mail.mailbox.recipient_reply = None, f"550 {person.email} enm_x"
        await mail.hurry()
        await mail.settled()
    events = mail.events()
    assert [(event["event"], event["kind"], event["attempt"], event["problem"]) for event in events] == [
        ("letter not sent", "INVITATION", 1, "SMTPDataError 451"),
        ("letter not sent", "INVITATION", 2, "SMTPRecipientRefused 550"),
    ]
    assert events[0]["letter"] == str(await mail.connection.fetchval("select id from outbox"))
    text = mail.lines.getvalue()
    for secret in (person.email, "firm.test", "enm_", "Peeters", "Pending", "invites"):
        assert secret not in text
    assert seen == ["data"]


async def test_letters_wait_while_the_database_is_away_and_leave_when_it_is_back(
    mail: Post, databases: Databases
) -> None:
    name = urlsplit(mail.dsn).path[1:]
    admin = await connect(databases.server)

    async def allow(allowed: bool) -> None:
        await admin.execute(f'alter database "{name}" with allow_connections {str(allowed).lower()}')

    async with sending(mail.dsn, always(SmtpMail(mail.mailbox.settings())), mail.log):
        await mail.write("INVITATION")
        await mail.mailbox.arrival()
        await mail.settled()
        await mail.write("CONFIRMATION", "bram")
        await mail.connection.execute("update account set confirmed = false")
        await allow(False)
        await admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = $2",
            name, "enfact mail",
        )  # fmt: skip
        await until(lambda: bool(mail.events()))
        await mail.write("PASSWORD_RESET", "anna")
        await allow(True)
        await until(lambda: "reset-password" in {letter.link[0] for letter in mail.mailbox.received})
    await admin.close()
    assert "letters wait for the database" in [event["event"] for event in mail.events()]
    assert "firm.test" not in mail.lines.getvalue()


async def test_a_sender_starts_before_the_database(mail: Post, databases: Databases) -> None:
    name = urlsplit(mail.dsn).path[1:]
    admin = await connect(databases.server)
    await admin.execute(f'alter database "{name}" with allow_connections false')
    async with sending(mail.dsn, always(SmtpMail(mail.mailbox.settings())), mail.log):
        await until(lambda: bool(mail.events()))
        await admin.execute(f'alter database "{name}" with allow_connections true')
        await mail.write("INVITATION")
        await mail.mailbox.arrival()
    await admin.close()


async def test_a_demo_without_smtp_prints_the_link_and_logs_nothing(mail: Post) -> None:
    person = await mail.write("INVITATION")
    await mail.connection.execute("update company set name = '[red]Evil[/] ' || chr(27) || '[2J'")
    shown = io.StringIO()
    async with mail.sender(TerminalMail("http://127.0.0.1:8000", Console(file=shown, width=40))):
        (row,) = await mail.settled()
    assert row["sent"]
    (line,) = shown.getvalue().splitlines()
    before, _, token = line.partition("http://127.0.0.1:8000/invitation#token=")
    assert before == f"✉ Invitation for {person.email} ([red]Evil[ ] [2J): "
    assert await mail.connection.fetchval("select token_hash from mail_token") == hash_token(token)
    assert mail.lines.getvalue() == ""


async def test_letters_of_a_demo_that_is_loaded_later_are_shown_without_a_restart(
    mail: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "LOOK_AGAIN", 0.02)
    await mail.write("INVITATION")
    shown = io.StringIO()
    route = in_demo(LazyTransport(lambda: TerminalMail("http://127.0.0.1:8000", Console(file=shown, width=40))))
    async with sending(mail.dsn, route, mail.log):
        await until(lambda: _connected(mail))
        await asyncio.sleep(0.2)
        assert await mail.connection.fetchval("select attempts from outbox") == 0
        await mail.connection.execute("insert into installation (demo) values (true)")
        (row,) = await mail.settled()
    assert row["sent"]
    assert "/invitation#token=" in shown.getvalue()


async def _connected(mail: Post) -> bool:
    """Whether a sender uses the database."""
    asked = "select exists (select from pg_stat_activity where datname = current_database() and application_name = $1)"
    return await mail.connection.fetchval(asked, "enfact mail")


async def test_a_carrier_is_made_for_its_first_letter_and_once(mail: Post) -> None:
    made: list[SmtpMail] = []

    def make() -> SmtpMail:
        made.append(SmtpMail(mail.mailbox.settings()))
        return made[-1]

    async with mail.sender(LazyTransport(make)):
        await asyncio.sleep(5 * sender.POLL)
        assert made == []
        for name in ("anna", "bram"):
            await mail.write("PASSWORD_RESET", name)
        await mail.mailbox.arrival(2)
    assert len(made) == 1


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_a_gateway_that_sends_no_letters_keeps_the_outbox_tidy(mail: Post, workers: str) -> None:
    await mail.write("INVITATION")
    await mail.connection.execute(
        "insert into outbox (id, kind, email) values (uuidv7('-31 days'), 'PASSWORD_RESET', '')"
    )
    serving = "serve", "--port", "0", "--workers", workers
    process = start(*serving, patched=TIDYING, DATABASE_URL=mail.dsn, ENFACT_LOG_LEVEL="off")
    assert process.stdout is not None
    try:
        assert "enFact gateway" in await asyncio.to_thread(process.stdout.readline)
        await until(lambda: mail.connection.fetchval("select count(*) = 1 from outbox"))
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait) == 0
        process.stdout.close()
    assert await mail.connection.fetchval("select kind = 'INVITATION' and attempts = 0 from outbox")


@pytest.mark.parametrize(
    ("url", "tls", "port", "user", "password"),
    [
        ("smtp://localhost", "none", 25, None, None),
        ("smtps://mail.test:1465", "tls", 1465, None, None),
        ("smtp+starttls://anna%40firm.test:p%3Aw@mail.test", "starttls", 587, "anna@firm.test", "p:w"),
    ],
    ids=["plain", "tls", "starttls"],
)
def test_the_settings_follow_from_a_url(url: str, tls: str, port: int, user: str | None, password: str | None) -> None:
    settings = MailSettings.at(url, "noreply@enfact.test", "https://enfact.test")
    assert (settings.tls, settings.port, settings.user, settings.password) == (tls, port, user, password)
    assert password is None or password not in repr(settings)
