"""Requests for later work: imports and exports of data, and documents to be sent by e-mail.

Open to every user of the company who holds the apps; the statement that writes judges the right. A waiting import or
export keeps no rights: its worker looks them up again. An e-mail is recorded as sent; no worker delivers it yet.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from asyncpg import BitString, Record
from graphql import GraphQLEnumType, GraphQLInterfaceType

from db.tables import metadata
from resolvers.forms.texts import LINE
from resolvers.gates.coordinates import id_prefix
from resolvers.gates.needs import Need, own_gates, type_need, without_always
from resolvers.global_ids import prefix
from resolvers.masks import has
from resolvers.mutations.company_lock import enter, turn_of
from resolvers.mutations.context import (
    JUDGED,
    Forbidden,
    InputValues,
    Mutation,
    MutationContext,
    MutationResult,
    UserErrors,
    key_of,
)
from resolvers.mutations.input_checks import InputChecks
from resolvers.user_problems import UserProblem, reached
from schema import schema
from schema.apps import App
from schema.declarations.gates import Gate
from schema.errors import TOO_MANY_WAITING, UserErrorCode
from schema.errors import ValidationReason as Reason

WAITING: Final = 20
"""Maximum number of waiting imports of one user in a company, and of waiting exports."""

RECIPIENTS: Final = 20
"""Maximum number of recipients of an e-mail: to, cc and bcc together."""

EMAILS: Final = 200
"""Maximum number of e-mails that a company sends in an hour."""

COUNT_WAITING_IMPORTS: Final = """
select count(*) from import_request where company_id = $1 and requested_by_id = $2 and status = 'WAITING'
"""
COUNT_WAITING_EXPORTS: Final = """
select count(*) from export_request where company_id = $1 and requested_by_id = $2 and status = 'WAITING'
"""
INSERT_IMPORT: Final = f"""
{JUDGED}
insert into import_request (company_id, model, format, requested_by_id, created_at)
select company, $5, $6, member, at from judged returning id
"""
INSERT_EXPORT: Final = f"""
{JUDGED}
insert into export_request (company_id, model, format, requested_by_id, created_at)
select company, $5, $6, member, at from judged returning id
"""
FIND_DOCUMENT: Final = "select id from document where company_id = $1 and id = $2 and kind = $3"
COUNT_RECENTLY_SENT: Final = (
    "select count(*) from sent_email where company_id = $1 and at > $2::timestamptz - interval '1 hour'"
)
INSERT_SENT_EMAIL: Final = f"""
{JUDGED}
insert into sent_email (company_id, document_id, document_kind, "to", cc, bcc, subject, at)
select company, $5, $6, $7, $8, $9, $10, at from judged returning id
"""


def _models() -> dict[str, Need]:
    """The need of each transfer model, by its name in the enum TransferModel."""
    models = schema.core.type_map["TransferModel"]
    assert isinstance(models, GraphQLEnumType)
    return {name: own_gates(value) for name, value in models.values.items()}


def _documents() -> dict[str, tuple[str, Need]]:
    """The kind and the need of each document type, by the prefix of its global ids."""
    document = schema.core.type_map["Document"]
    assert isinstance(document, GraphQLInterfaceType)
    holdings = metadata.tables["document"].info["types"]
    return {
        id_prefix(type_) or "": (holdings[type_.name].where["kind"], type_need(type_))
        for type_ in schema.core.get_possible_types(document)
    }


MODELS: Final = _models()
DOCUMENTS: Final = _documents()


async def start_import(write: MutationContext, given: InputValues) -> MutationResult:
    """Request an import. Raises Forbidden, RateLimited and UserErrors (NOT_FOUND, LIMIT_REACHED)."""
    needed = _apps(App.DATA_IMPORT, *MODELS[given["model"].name])
    company = await _enter(write, given, "imports", needed)
    request = await _wait(
        write, given, company, write.right(company["id"], *needed), (COUNT_WAITING_IMPORTS, INSERT_IMPORT)
    )
    return MutationResult({"company": company["id"], "importRequest": request})


async def request_export(write: MutationContext, given: InputValues) -> MutationResult:
    """Request an export. Raises Forbidden, RateLimited and UserErrors (NOT_FOUND, LIMIT_REACHED)."""
    needed = _apps(App.DATA_EXPORT, *MODELS[given["model"].name])
    company = await _enter(write, given, "exports", needed)
    request = await _wait(
        write, given, company, write.right(company["id"], *needed), (COUNT_WAITING_EXPORTS, INSERT_EXPORT)
    )
    return MutationResult({"company": company["id"], "exportRequest": request})


async def _wait(
    write: MutationContext, given: InputValues, company: Record, right: tuple[object, ...], statements: tuple[str, str]
) -> object:
    """Insert a request and return its key. Raises UserErrors (LIMIT_REACHED) when too many of the caller's wait.

    `statements` are the one that counts and the one that inserts, `right` the first parameters of the second.
    """
    count, insert = statements
    if await write.connection.fetchval(count, company["id"], company["member"]) >= WAITING:
        raise UserErrors(reached(WAITING, TOO_MANY_WAITING), values={"company": company["id"]})
    what = (given["model"].name, given["format"].name)
    return _judged(await write.connection.fetchval(insert, *right, *what))


async def send_document(write: MutationContext, given: InputValues) -> MutationResult:
    """Record that a document was sent by e-mail. A document that the caller may not see counts as not found.

    Raises Forbidden, RateLimited and UserErrors (NOT_FOUND, VALIDATION, TOO_MANY_ATTEMPTS).
    """
    company = await _enter(write, given, "emails", (App.EMAIL_SENDING,))
    written: dict[str, Any] = {"company": company["id"]}
    document, kind = await _visible(write, given["documentId"], company)
    if document is None:
        raise UserErrors(UserProblem(UserErrorCode.NOT_FOUND, ("documentId",)), values=written)
    email = _email(given, written)
    if await write.connection.fetchval(COUNT_RECENTLY_SENT, company["id"], company["at"]) >= EMAILS:
        raise UserErrors(UserProblem(UserErrorCode.TOO_MANY_ATTEMPTS), values=written)
    needed = _apps(App.EMAIL_SENDING, *DOCUMENTS[prefix(given["documentId"]) or ""][1])
    sent = await write.connection.fetchval(
        INSERT_SENT_EMAIL, *write.right(company["id"], *needed), document, kind, *email
    )
    return MutationResult({**written, "sentEmail": _judged(sent)})


async def _visible(write: MutationContext, id_: str, company: Record) -> tuple[object, str | None]:
    """The key and the kind of a document of the company that the caller may see; the key is None for any other."""
    kind, need = DOCUMENTS.get(prefix(id_) or "", (None, ()))
    if kind is None or not _holds(company["access"], need):
        return None, None
    return await write.connection.fetchval(FIND_DOCUMENT, company["id"], key_of(id_, *DOCUMENTS), kind), kind


def _email(given: InputValues, written: Mapping[str, object]) -> tuple[str | None, ...]:
    """To, cc, bcc and subject. Raises UserErrors (VALIDATION)."""
    checks, left = InputChecks(), RECIPIENTS
    if not given["to"].strip():
        checks.add("to", Reason.REQUIRED)
    texts: list[str | None] = []
    for member in ("to", "cc", "bcc"):
        addresses = checks.emails(member, given.get(member), left)
        left -= len(addresses)
        texts.append(", ".join(addresses) or None)
    texts.append(checks.name("subject", given["subject"], LINE))
    checks.refuse(written)
    return tuple(texts)


async def _enter(write: MutationContext, given: InputValues, turn: str, needed: Iterable[App]) -> Record:
    """The company, when it is the caller's turn for this kind of request there (see `company_lock.enter`).

    Raises UserErrors (NOT_FOUND) and RateLimited; Forbidden when the caller lacks a needed app.
    """
    company = await enter(write, given["companyId"], turn_of(turn, key_of(given["companyId"], "com")))
    if not _holds(company["access"], needed):
        raise Forbidden
    return company


def _apps(*gates: Gate) -> tuple[App, ...]:
    """The apps among the gates, without those that are always visible. No role is among these gates."""
    return tuple(gate for gate in without_always(gates) if isinstance(gate, App))


def _judged(written: object) -> object:
    """Returns the written key. Raises Forbidden without one: the right was taken away meanwhile."""
    if written is None:
        raise Forbidden
    return written


def _holds(access: BitString, gates: Iterable[Gate]) -> bool:
    return all(isinstance(gate, App) and has(access, gate) for gate in without_always(gates))


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "startImport": Mutation(start_import, gates=(App.DATA_IMPORT,)),
    "requestExport": Mutation(request_export, gates=(App.DATA_EXPORT,)),
    "sendDocument": Mutation(send_document, gates=(App.EMAIL_SENDING,)),
}
