"""The outbox: which letter is claimed when, for whom, with which token, and what becomes of those that nobody needs."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from db import outbox
from db.connection import Connection, connect
from db.database import Database
from db.outbox import LIVES, PAUSES, Claimed, Kind, Letter, claim, issue_token, post, settle, tidy
from db.tokens import hash_token
from tests.support.company import Firm, Person

TYPED = "Typed.By.Somebody@firm.test"


@dataclass(frozen=True, slots=True)
class Office:
    """A company with letters to send."""

    database: Database
    connection: Connection
    firm: Firm

    def letter(self, kind: Kind, person: Person, language: str = "FR") -> Letter:
        if kind == "PASSWORD_RESET":
            return Letter(kind, person.email, language)
        membership = None if kind == "CONFIRMATION" else person.membership
        company = None if kind == "CONFIRMATION" else self.firm.key
        return Letter(kind, person.email, language, person.account, company, membership)

    async def post(self, kind: Kind, name: str, language: str = "FR") -> None:
        await post(self.connection, self.letter(kind, self.firm[name], language))

    async def claimed(self) -> Claimed:
        claimed = await claim(self.database)
        assert claimed is not None
        return claimed

    async def hurry(self) -> None:
        await self.connection.execute("update outbox set due_at = now()")

    async def row(self) -> dict[str, Any]:
        """The only letter, its moments as seconds from now."""
        (row,) = await self.connection.fetch(
            "select attempts, problem, sent_at is not null sent, given_up_at is not null given_up, "
            "due_at - now() due_in from outbox"
        )
        return dict(row)

    async def tokens(self) -> list[Any]:
        return await self.connection.fetch("select * from mail_token order by id")

    async def unconfirm(self, name: str) -> None:
        await self.connection.execute("update account set confirmed = false where id = $1", self.firm[name].account)


@pytest.fixture
async def office(fresh_database: Database, fresh_dsn: str) -> AsyncGenerator[Office]:
    connection = await connect(fresh_dsn)
    yield Office(fresh_database, connection, await Firm.found(connection))
    await connection.close()


async def test_a_letter_is_claimed_once_and_the_longest_due_first(office: Office) -> None:
    await office.post("INVITATION", "pending")
    await office.post("PASSWORD_RESET", "anna")
    assert [(await office.claimed()).kind for _ in range(2)] == ["INVITATION", "PASSWORD_RESET"]
    assert await claim(office.database) is None


async def test_a_claim_does_not_wait_for_a_letter_that_another_one_is_taking(office: Office) -> None:
    await office.post("INVITATION", "pending")
    await office.post("PASSWORD_RESET", "anna")
    async with office.connection.transaction():
        await office.connection.fetchval("select id from outbox where kind = 'INVITATION' for update")
        async with asyncio.timeout(60):
            assert (await office.claimed()).kind == "PASSWORD_RESET"


@pytest.mark.parametrize(
    ("kind", "name", "company"),
    [
        ("INVITATION", "pending", "Peeters & Co"),
        ("CONFIRMATION", "bram", None),
        ("PASSWORD_RESET", "clara", None),
        ("ACCESS_NOTICE", "accountant", "Peeters & Co"),
    ],
)
async def test_a_claimed_letter_has_what_it_tells_and_a_token_of_its_own(
    office: Office, kind: Kind, name: str, company: str | None
) -> None:
    await office.unconfirm("bram")
    person = office.firm[name]
    await office.post(kind, name)
    letter = await office.claimed()
    assert (letter.email, letter.name, letter.company) == (person.email, name.title(), company)
    assert letter.attempt == 1
    tokens = await office.tokens()
    if kind == "ACCESS_NOTICE":
        assert (letter.token, tokens) == (None, [])
        return
    (token,) = tokens
    assert letter.token is not None
    assert token["token_hash"] == hash_token(letter.token)
    membership = person.membership if kind == "INVITATION" else None
    assert (token["purpose"], token["account_id"], token["membership_id"]) == (kind, person.account, membership)
    assert token["expires_at"] - token["created_at"] == LIVES[kind]


async def test_what_is_printed_of_a_claimed_letter_tells_nobodys_secret(office: Office) -> None:
    await office.post("INVITATION", "pending")
    letter = await office.claimed()
    assert letter.token is not None
    for secret in (letter.token, letter.email, letter.name, "Peeters"):
        assert secret not in repr(letter)


async def test_the_language_is_the_readers_own_once_the_address_is_confirmed(office: Office) -> None:
    await office.post("PASSWORD_RESET", "clara", "NL")
    assert (await office.claimed()).language == "DE"
    await office.unconfirm("clara")
    await office.post("PASSWORD_RESET", "clara", "NL")
    assert (await office.claimed()).language == "NL"


async def test_a_new_password_for_an_unknown_address_is_settled_like_a_sent_letter(office: Office) -> None:
    await post(office.connection, Letter("PASSWORD_RESET", "nobody@firm.test", "FR"))
    assert await claim(office.database) is None
    row = await office.row()
    assert (row["attempts"], row["sent"], row["given_up"], row["problem"]) == (1, True, False, "NOBODY")
    assert await office.tokens() == []
    await office.hurry()
    assert await claim(office.database) is None
    assert (await office.row())["attempts"] == 1


UNWANTED = {
    "accepted": ("INVITATION", "anna"),
    "removed": ("INVITATION", "gone"),
    "confirmed": ("CONFIRMATION", "anna"),
    "not_entered": ("ACCESS_NOTICE", "pending"),
    "left": ("ACCESS_NOTICE", "gone"),
    "ended": ("ACCESS_NOTICE", "former"),
}


@pytest.mark.parametrize("why", list(UNWANTED))
async def test_a_letter_that_nobody_needs_any_more_is_dropped(office: Office, why: str) -> None:
    kind, name = UNWANTED[why]
    await office.post(kind, name)  # pyright: ignore[reportArgumentType]
    await office.post("PASSWORD_RESET", "bram")
    assert (await office.claimed()).kind == "PASSWORD_RESET"
    assert await office.connection.fetchval("select problem from outbox where sent_at is not null") == "NOBODY"
    assert await office.connection.fetchval("select count(*) from mail_token where purpose = $1", kind) == 0


async def test_an_invitation_whose_membership_is_another_companys_is_dropped(office: Office) -> None:
    other = await Firm.found(office.connection)
    await post(
        office.connection,
        Letter("INVITATION", other["pending"].email, "FR", other["pending"].account, other.key, None),
    )
    assert await claim(office.database) is None


async def test_the_pauses_grow_and_the_sixth_attempt_is_the_last(office: Office) -> None:
    await office.post("INVITATION", "pending")
    for attempt, pause in enumerate([*PAUSES, PAUSES[-1]], 1):
        letter = await office.claimed()
        assert letter.attempt == attempt
        row = await office.row()
        assert pause - timedelta(seconds=30) < row["due_in"] <= pause
        assert not row["given_up"]
        assert await claim(office.database) is None
        await settle(office.database, letter.id, "SMTPDataError 451")
        await office.hurry()
    row = await office.row()
    assert (row["given_up"], row["sent"], row["problem"]) == (True, False, "SMTPDataError 451")
    assert await claim(office.database) is None


async def test_a_sender_that_dies_in_the_last_attempt_leaves_nothing_due(office: Office) -> None:
    await office.post("INVITATION", "pending")
    await office.connection.execute("update outbox set attempts = 6")
    assert await claim(office.database) is None
    row = await office.row()
    assert (row["given_up"], row["problem"]) == (True, "TOO_LATE")


async def test_a_letter_of_three_days_ago_is_not_sent_any_more(office: Office) -> None:
    await office.post("INVITATION", "pending")
    await office.connection.execute("update outbox set created_at = now() - interval '71 hours'")
    assert (await office.claimed()).attempt == 1
    await office.connection.execute("update outbox set due_at = now(), created_at = now() - interval '73 hours'")
    assert await claim(office.database) is None
    assert (await office.row())["given_up"]


async def test_a_final_problem_ends_a_letter_and_a_late_success_counts_all_the_same(office: Office) -> None:
    await office.post("INVITATION", "pending")
    letter = await office.claimed()
    await settle(office.database, letter.id, "SMTPRecipientRefused 550", final=True)
    await office.hurry()
    assert await claim(office.database) is None
    await settle(office.database, letter.id)
    row = await office.row()
    assert (row["sent"], row["given_up"], row["problem"]) == (True, False, None)
    await settle(office.database, letter.id, "SMTPDataError 451", final=True)
    assert (await office.row())["problem"] is None


async def test_a_letter_ends_tokens_that_are_older_than_it_and_no_others(office: Office) -> None:
    pending, anna = office.firm["pending"], office.firm["anna"]
    place = (pending.account, office.firm.key, pending.membership)
    old = await issue_token(office.connection, "INVITATION", *place)
    kept = await issue_token(office.connection, "PASSWORD_RESET", pending.account)
    others = await issue_token(office.connection, "INVITATION", anna.account, office.firm.key, anna.membership)
    async with office.connection.transaction():
        shown = await issue_token(office.connection, "INVITATION", *place)
        await office.post("INVITATION", "pending")
    first = await office.claimed()
    await office.hurry()
    second = await office.claimed()
    assert first.token is not None
    assert second.token is not None
    valid = {row["token_hash"] for row in await office.tokens()}
    assert valid == {hash_token(token) for token in (kept, others, shown, first.token, second.token)}
    assert hash_token(old) not in valid


async def test_old_letters_and_dead_tokens_are_deleted(office: Office) -> None:
    account = office.firm["anna"].account
    for days in (29, 31):
        await office.connection.execute(
            "insert into outbox (id, kind, email, sent_at) values (uuidv7($1), 'PASSWORD_RESET', $2, now())",
            -timedelta(days=days), f"{days}@firm.test",
        )  # fmt: skip
    for days in (13, 15):
        await office.connection.execute(
            "insert into mail_token (id, token_hash, purpose, account_id, expires_at) "
            "values (uuidv7($1), $2, 'CONFIRMATION', $3, now())",
            -timedelta(days=days), uuid.uuid4().bytes, account,
        )  # fmt: skip
    await tidy(office.database)
    assert await office.connection.fetchval("select string_agg(email, ' ') from outbox") == "29@firm.test"
    assert len(await office.tokens()) == 1


async def test_credentials_that_ended_long_ago_are_deleted_and_others_stay(office: Office) -> None:
    account = office.firm["anna"].account
    await office.connection.execute("delete from credential")
    for name, made, ends in (
        ("ended long ago", -100, -31),
        ("ended lately", -100, -29),
        ("old and in use", -100, 1),
        ("new", 0, 14),
    ):
        await office.connection.execute(
            "insert into credential (id, token_hash, account_id, user_agent, expires_at) "
            "values (uuidv7($1), $2, $3, $4, now() + $5)",
            timedelta(days=made), uuid.uuid4().bytes, account, name, timedelta(days=ends),
        )  # fmt: skip
    await tidy(office.database)
    left = await office.connection.fetch("select user_agent from credential order by id")
    assert {row[0] for row in left} == {"ended lately", "old and in use", "new"}


async def test_all_that_is_old_is_deleted_a_bounded_number_at_a_time(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MOST_TIDIED", 2)
    await office.connection.execute(
        "insert into outbox (id, kind, email) "
        "select uuidv7(interval '-31 days'), 'PASSWORD_RESET', n || '@firm.test' from generate_series(1, 7) n"
    )
    await office.connection.execute("""
        create table deleted (n int);
        create function count_deleted() returns trigger language plpgsql as
          $$ begin insert into deleted select count(*) from gone; return null; end $$;
        create trigger counted after delete on outbox referencing old table as gone
          for each statement execute function count_deleted();
    """)
    await tidy(office.database)
    assert await office.connection.fetchval("select count(*) from outbox") == 0
    assert [row[0] for row in await office.connection.fetch("select n from deleted order by ctid")] == [2, 2, 2, 1]


WRITE: Final = """
insert into change (company_id, at, entity, key, kind, operation, idempotency_key, input_hash)
values ($1, now() - make_interval(days => $2), 'Customer', gen_random_uuid(), 'CREATED', $3, $4, $5)
"""


async def test_keys_are_taken_off_writes_after_ninety_days_and_the_trail_stays(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a list those of its other rows go with the key of the first one; what was written beside it keeps its own."""
    monkeypatch.setattr(outbox, "MOST_TIDIED", 2)
    firm, other = office.firm, await Firm.found(office.connection)
    for days in (89, 91):
        async with office.connection.transaction():
            for n in range(3):
                key = f"{days} list" if n == 0 else None
                await office.connection.execute(WRITE, firm.key, days, "createCustomers", key, b"hash%d" % n)
            for key in ("a", "b", "c"):
                await office.connection.execute(WRITE, firm.key, days, "createCustomer", f"{days} {key}", b"hash")
        await office.connection.execute(WRITE, other.key, days, "createCustomers", f"{days} list", b"hash")
        await office.connection.execute(WRITE, other.key, days, "createCustomers", None, None)
    find = "select * from change order by id"
    before = [dict(row) for row in await office.connection.fetch(find)]
    await tidy(office.database)
    bare, ninety = {"idempotency_key": None, "input_hash": None}, datetime.now(UTC) - timedelta(days=90)
    assert [dict(row) for row in await office.connection.fetch(find)] == [
        row | bare if row["at"] < ninety else row for row in before
    ]
