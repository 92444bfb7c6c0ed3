"""statement.py: what the end of a statement reads, and what it leaves out."""

from typing import Final

import pytest

from db.tokens import CredentialKind
from resolvers.execution.product import default_compiler
from resolvers.operation.documents import Documents

GATED: Final = '{ company(id: "com_018cc250000070008002000000000001") { invoices { nodes { id } } } }'
REFUSED: Final = (
    '{ company(id: "com_018cc250000070008002000000000001") { customers(orderBy: [DISCOUNT_ASC]) { totalCount } } }'
)
LANGUAGE: Final = ".language from account"


def compiled(query: str, kind: CredentialKind = CredentialKind.SESSION, *, has_reasons: bool) -> str:
    compiler = default_compiler()
    return compiler.read(Documents(compiler.schema).find(query).choose(None), {}, kind, has_reasons=has_reasons).sql


@pytest.mark.parametrize(
    ("query", "kind", "has_reasons", "reads"),
    [
        (GATED, CredentialKind.SESSION, False, False),
        (GATED, CredentialKind.SESSION, True, True),
        (GATED, CredentialKind.API_KEY, False, True),
        (REFUSED, CredentialKind.SESSION, False, True),
    ],
)
def test_the_viewers_language_is_read_for_messages_alone(
    query: str, kind: CredentialKind, has_reasons: bool, reads: bool
) -> None:
    assert (LANGUAGE in compiled(query, kind, has_reasons=has_reasons)) is reads
