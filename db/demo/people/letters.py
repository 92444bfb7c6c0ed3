"""The letters of invitations that nobody has accepted: sent within minutes, with a link that works for two weeks."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from db.demo.chance import stream, uuid7
from db.demo.rows import AccountRow, MembershipRow, Rows
from db.outbox import KEPT, LIVES


def add_invitations(
    rows: Rows, members: Iterable[MembershipRow], accounts: Mapping[UUID, AccountRow], now: datetime
) -> None:
    """Add the letters that are still kept, and the links that still work, of the pending users among `members`."""
    for member in members:
        if member.accepted_at is None and member.removed_at is None and member.created_at > now - KEPT:
            _add(rows, member, accounts[member.account_id], now)


def _add(rows: Rows, member: MembershipRow, account: AccountRow, now: datetime) -> None:
    chance = stream("letters", member.id.hex)
    written, sent = member.created_at, member.created_at + timedelta(seconds=chance.randint(20, 200))
    whose = {"account_id": account.id, "company_id": member.company_id, "membership_id": member.id}
    rows.write(
        "outbox", id=uuid7(written, chance), kind="INVITATION", email=account.email, language=member.language,
        created_at=written, due_at=written, attempts=1, sent_at=sent, **whose,
    )  # fmt: skip
    expires = sent + LIVES["INVITATION"]
    if expires > now:
        rows.write(
            "mail_token", id=uuid7(sent, chance), token_hash=chance.randbytes(32), purpose="INVITATION",
            created_at=sent, expires_at=expires, **whose,
        )  # fmt: skip
