"""Invitations that were not accepted: of a company's users with their letters, and the viewer's own."""

from collections.abc import Mapping
from typing import Final

from db.sql import Rows, Sql, every, sql
from db.tables.core.identity import account, membership
from db.tables.core.mail import mail_token, outbox
from db.tokens import CredentialKind
from resolvers.compilation.context import Row, StatementContext
from resolvers.compilation.resolution import Arguments, Derived, Leaf, Resolution, SameRow
from resolvers.fields.core.matrix import matrix_of


def _of(rows: Rows, member: Rows) -> tuple[Sql, Sql]:
    """The conditions that letters or tokens are a membership's."""
    return (
        sql("{} = {}", rows["company_id"], member["company_id"]),
        sql("{} = {}", rows["membership_id"], member["id"]),
    )


def _letter(row: Row, value: Sql, letter: Rows) -> Sql:
    """A value of the last invitation by letter."""
    where = every([*_of(letter, row.rows), sql("{} = 'INVITATION'", letter["kind"])])
    return sql(
        "(select {} from {} where {} order by {} desc, {} desc limit 1)",
        value, letter.source, where, letter["created_at"], letter["id"],
    )  # fmt: skip


def _expires_at(ctx: StatementContext, member: Rows) -> Sql:
    token = ctx.rows(mail_token)
    where = every([*_of(token, member), sql("{} = 'INVITATION'", token["purpose"])])
    return sql("(select max({}) from {} where {})", token["expires_at"], token.source, where)


def _sent_at(row: Row, arguments: Arguments) -> Sql:
    letter = row.ctx.rows(outbox)
    return _letter(row, letter["sent_at"], letter)


def _state(row: Row, arguments: Arguments) -> Sql:
    """The fate of the last letter; a letter that was sent, or is no longer known, by the term of its link."""
    letter = row.ctx.rows(outbox)
    fate = sql(
        "case when {} is not null then 'BOUNCED' when {} is null then 'WAITING' end",
        letter["given_up_at"],
        letter["sent_at"],
    )
    link = sql("case when {} > now() then 'SENT' else 'EXPIRED' end", _expires_at(row.ctx, row.rows))
    return sql("coalesce({}, {})", _letter(row, fate, letter), link)


def _is_invited(row: Row) -> Sql:
    """The condition that a user has not accepted yet; false in the matrix of a moment, whose letters are gone."""
    if matrix_of(row) is not None:
        return sql("false")
    return sql("({} is null and {} is null)", row["accepted_at"], row["removed_at"])


def _own(row: Row, arguments: Arguments) -> Rows:
    """The invitations to the viewer's login; only a session of a confirmed address sees any."""
    member, login = Rows(membership, sql("i")), row.ctx.rows(account)
    conditions = [
        sql("{} = {}", member["account_id"], row["account_id"]),
        sql("{} = {}", login["id"], member["account_id"]),
        login["confirmed"],
        sql("not {}", member["external"]),
        sql("{} is null", member["accepted_at"]),
        sql("{} is null", member["removed_at"]),
    ]
    if row.ctx.kind is not CredentialKind.SESSION:
        conditions.append(sql("false"))
    select = sql(
        "select {}, {}, {}, {}, {} expires_at from {}, {} where {}",
        member["id"], member["company_name"], member["role"], member["created_at"], _expires_at(row.ctx, member),
        member.source, login.source, every(conditions),
    )  # fmt: skip
    return row.ctx.derived(membership, select, "id", "company_name", "role", "created_at", "expires_at")


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "User.invitation": SameRow(lambda row: row.rows, when=_is_invited),
    "Invitation.state": Leaf(_state),
    "Invitation.sentAt": Leaf(_sent_at),
    "Invitation.expiresAt": Leaf(lambda row, arguments: _expires_at(row.ctx, row.rows)),
    "Viewer.invitations": Derived(_own, order="created_at"),
    "OwnInvitation.role": Leaf(lambda row, arguments: row["role"]),
    "OwnInvitation.expiresAt": Leaf(lambda row, arguments: row["expires_at"]),
}

HOMES: Final[Mapping[str, str]] = {"Invitation": membership.name, "OwnInvitation": membership.name}
