"""What a statement's row stands for: takes the row, gives the result; and how a request is refused."""

from asyncpg import Record

from db.tokens import CredentialKind, hash_token
from resolvers.budget import BOUNDS, Work, too_much
from resolvers.notes import error, hidden, note
from resolvers.request import GraphQLRequest, RequestError, Result
from resolvers.statement import Statement
from schema.access import HiddenFields
from schema.apps import App, app_label
from schema.declarations import Gate
from schema.errors import ErrorCode, error_message, role_label
from schema.language import Language


def refusal(code: ErrorCode, language: Language) -> RequestError:
    """The refusal of a whole request, in the language that it asks for."""
    return RequestError(code, error_message(code, language))


def token_hash(token: str | None) -> bytes | None:
    """What is kept of a token; None for none."""
    return hash_token(token) if token is not None else None


def stricter(*modes: HiddenFields) -> HiddenFields:
    """The mode that tells least of hidden fields: NULL < ERROR < ABSENT."""
    return max(modes, key=tuple(HiddenFields).index)


def result_of(request: GraphQLRequest, statement: Statement, record: Record) -> Result:
    """The result that a statement's row stands for."""
    response, closed = record[0], record[1]
    if response is None:
        raise ValueError("a value that may not be null is null, and took the whole answer with it")
    if len(response) > BOUNDS[Work.ANSWER]:
        raise too_much(Work.ANSWER)
    if closed is None:
        return Result(response)
    language = Language(record[3]) if record[3] is not None else request.language
    found = hidden(statement, closed.decode())
    mode = request.hidden_fields
    if request.kind is CredentialKind.API_KEY:
        mode = stricter(mode, HiddenFields[record[4]])
    reports_errors = mode is HiddenFields.ERROR
    told = [of for of in found if of.refused or reports_errors]
    noted = [of for of in found if not of.refused and not reports_errors]
    return Result(
        response, tuple(error(of, _reason(of.gate, language)) for of in told), tuple(note(of) for of in noted)
    )


def _reason(gate: Gate, language: Language) -> str:
    if isinstance(gate, App):
        return error_message(ErrorCode.APP_REQUIRED, language, app=app_label(gate, language))
    return error_message(ErrorCode.ROLE_REQUIRED, language, role=role_label(gate.name, language))
