"""From a statement's row to the request's result; and the refusals of whole requests."""

from typing import Final

from asyncpg import Record

from db.tokens import CredentialKind, hash_token
from resolvers.compilation.statement import CLOSED_GATES, LANGUAGE, MODE, RESPONSE, Statement
from resolvers.execution.hidden_fields import error, hidden_selections, note
from resolvers.fair_use.budget import BOUNDS, Work, too_much
from resolvers.request import GraphQLRequest, RequestError, Result
from schema.apps import App, app_label
from schema.declarations.gates import Gate
from schema.errors import ErrorCode, error_message, role_label
from schema.hidden_fields import HiddenFields
from schema.localization.language import Language

LARGEST: Final = BOUNDS[Work.ANSWER]


def refusal(code: ErrorCode, language: Language) -> RequestError:
    """The refusal of a whole request, in the language that it asks for."""
    return RequestError(code, error_message(code, language))


def hash_of(request: GraphQLRequest) -> bytes | None:
    """The hash of a request's token, which its transport may know already; None without a token."""
    return (request.token_hash or hash_token(request.token)) if request.token is not None else None


def stricter(*modes: HiddenFields) -> HiddenFields:
    """The strictest of the modes of hidden fields: NULL < ERROR < ABSENT."""
    return max(modes, key=tuple(HiddenFields).index)


def result_of(request: GraphQLRequest, statement: Statement, record: Record, *, position: int | None = None) -> Result:
    """The result in a statement's row, with the position of a write.

    Raises ValueError when a non-null value is null, RequestError (COST_EXCEEDED) when the response is too large.
    """
    response, closed = record[RESPONSE], record[CLOSED_GATES]
    if response is None:
        raise ValueError("a value that may not be null is null, and took the whole answer with it")
    if len(response) > LARGEST:
        raise too_much(Work.ANSWER)
    if closed is None:
        return Result(response, position=position)
    language = Language(record[LANGUAGE]) if record[LANGUAGE] is not None else request.language
    found = hidden_selections(statement, closed.decode())
    mode = request.hidden_fields
    if request.kind is CredentialKind.API_KEY:
        mode = stricter(mode, HiddenFields[record[MODE]])
    reports_errors = mode is HiddenFields.ERROR
    refused = [of for of in found if of.refused or reports_errors]
    noted = [of for of in found if not of.refused and not reports_errors]
    return Result(
        response,
        tuple(error(of, _reason(of.gate, language)) for of in refused),
        tuple(note(of) for of in noted),
        position=position,
    )


def _reason(gate: Gate, language: Language) -> str:
    if isinstance(gate, App):
        return error_message(ErrorCode.APP_REQUIRED, language, app=app_label(gate, language))
    return error_message(ErrorCode.ROLE_REQUIRED, language, role=role_label(gate.name, language))
