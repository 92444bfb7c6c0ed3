"""What somebody asks for, to be done later: data brought in or taken out, a document sent.

Open to everybody who enters the company and holds the apps, judged by the statement that writes as any other would
judge. A request for data keeps no rights: who carries it out looks them up again. An e-mail is recorded as sent; no
worker delivers it yet.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from asyncpg import BitString, Record
from graphql import GraphQLEnumType, GraphQLInterfaceType

from db.tables import metadata
from resolvers.convert import prefix
from resolvers.coordinates import id_prefix
from resolvers.gates import Need, own_gates, type_need, without_always
from resolvers.mutations.access import has
from resolvers.validation import LINE, Checks
from resolvers.writing import (
    JUDGED,
    Forbidden,
    Input,
    Mutation,
    Problem,
    Refused,
    Write,
    Written,
    enter,
    key_of,
    turn_of,
)
from schema import schema
from schema.apps import App
from schema.declarations import Gate
from schema.errors import UserErrorCode

WAITING: Final = 20
"""So many imports of a company wait at most, and so many exports."""

RECIPIENTS: Final = 20
"""An e-mail has so many addresses at most."""

EMAILS: Final = 200
"""So many e-mails a company sends in an hour at most."""

WAITING_IMPORTS: Final = "select count(*) from import_request where company_id = $1 and status = 'WAITING'"
WAITING_EXPORTS: Final = "select count(*) from export_request where company_id = $1 and status = 'WAITING'"
IMPORT: Final = f"""
{JUDGED}
insert into import_request (company_id, model, format, requested_by_id, created_at)
select company, $5, $6, member, at from judged returning id
"""
EXPORT: Final = f"""
{JUDGED}
insert into export_request (company_id, model, format, requested_by_id, created_at)
select company, $5, $6, member, at from judged returning id
"""
DOCUMENT: Final = "select id from document where company_id = $1 and id = $2 and kind = $3"
SENT: Final = "select count(*) from sent_email where company_id = $1 and at > $2::timestamptz - interval '1 hour'"
SEND: Final = f"""
{JUDGED}
insert into sent_email (company_id, document_id, document_kind, "to", cc, bcc, subject, at)
select company, $5, $6, $7, $8, $9, $10, at from judged returning id
"""


def _models() -> dict[str, Need]:
    """What each model of data needs."""
    models = schema.core.type_map["TransferModel"]
    assert isinstance(models, GraphQLEnumType)
    return {name: own_gates(value) for name, value in models.values.items()}


def _documents() -> dict[str, tuple[str, Need]]:
    """The kind and the needs of documents, by what their global ids begin with."""
    document = schema.core.type_map["Document"]
    assert isinstance(document, GraphQLInterfaceType)
    holdings = metadata.tables["document"].info["types"]
    return {
        id_prefix(type_) or "": (holdings[type_.name].where["kind"], type_need(type_))
        for type_ in schema.core.get_possible_types(document)
    }


MODELS: Final = _models()
DOCUMENTS: Final = _documents()


async def start_import(write: Write, given: Input) -> Written:
    """Ask for data to be brought in."""
    needed = _apps(App.DATA_IMPORT, *MODELS[given["model"].name])
    company = await _enter(write, given, "imports", needed)
    request = await _wait(write, given, (company["id"], *needed), WAITING_IMPORTS, IMPORT)
    return Written({"company": company["id"], "importRequest": request})


async def request_export(write: Write, given: Input) -> Written:
    """Ask for data to be taken out."""
    needed = _apps(App.DATA_EXPORT, *MODELS[given["model"].name])
    company = await _enter(write, given, "exports", needed)
    request = await _wait(write, given, (company["id"], *needed), WAITING_EXPORTS, EXPORT)
    return Written({"company": company["id"], "exportRequest": request})


async def _wait(write: Write, given: Input, right: tuple[Any, ...], count: str, insert: str) -> object:
    """A new request, unless too many wait already; gives its key. `right` is the company and what is needed there."""
    if await write.connection.fetchval(count, right[0]) >= WAITING:
        raise Refused(Problem(UserErrorCode.TOO_MANY_ATTEMPTS), values={"company": right[0]})
    what = (given["model"].name, given["format"].name)
    return _judged(await write.connection.fetchval(insert, *write.right(*right), *what))


async def send_document(write: Write, given: Input) -> Written:
    """Record that a document was sent by e-mail. One that the caller may not see is as if it did not exist."""
    company = await _enter(write, given, "emails", (App.EMAIL_SENDING,))
    written: dict[str, Any] = {"company": company["id"]}
    document, kind = await _visible(write, given["documentId"], company)
    if document is None:
        raise Refused(Problem(UserErrorCode.NOT_FOUND, ("documentId",)), values=written)
    email = _email(given, written)
    if await write.connection.fetchval(SENT, company["id"], company["at"]) >= EMAILS:
        raise Refused(Problem(UserErrorCode.TOO_MANY_ATTEMPTS), values=written)
    needed = _apps(App.EMAIL_SENDING, *DOCUMENTS[prefix(given["documentId"]) or ""][1])
    sent = await write.connection.fetchval(SEND, *write.right(company["id"], *needed), document, kind, *email)
    return Written({**written, "sentEmail": _judged(sent)})


async def _visible(write: Write, id_: str, company: Record) -> tuple[object, str | None]:
    """The key and the kind of a document of the company that the caller may see; the key is None for any other."""
    kind, need = DOCUMENTS.get(prefix(id_) or "", (None, ()))
    if kind is None or not _holds(company["access"], need):
        return None, None
    return await write.connection.fetchval(DOCUMENT, company["id"], key_of(id_, *DOCUMENTS), kind), kind


def _email(given: Input, written: Mapping[str, object]) -> tuple[str | None, ...]:
    """To, cc, bcc and subject. Raises Refused."""
    checks, left = Checks(), RECIPIENTS
    if not given["to"].strip():
        checks.add("to")
    texts: list[str | None] = []
    for member in ("to", "cc", "bcc"):
        addresses = checks.emails(member, given.get(member), left)
        left -= len(addresses)
        texts.append(", ".join(addresses) or None)
    texts.append(checks.name("subject", given["subject"], LINE))
    checks.refuse(written)
    return tuple(texts)


async def _enter(write: Write, given: Input, turn: str, needed: Iterable[App]) -> Record:
    """The company in which the caller holds what is needed, when it is the turn of who asks for the same there.

    Raises Refused (NOT_FOUND) and Forbidden.
    """
    company = await enter(write, given["companyId"], turn_of(turn, key_of(given["companyId"], "com")))
    if not _holds(company["access"], needed):
        raise Forbidden
    return company


def _apps(*gates: Gate) -> tuple[App, ...]:
    """The apps among what is needed, which is no role."""
    return tuple(gate for gate in without_always(gates) if isinstance(gate, App))


def _judged(written: object) -> object:
    """What was written; Forbidden when nothing was, since the right was taken away meanwhile."""
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
