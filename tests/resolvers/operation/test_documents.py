"""documents.py: what is kept, under which view, and how much memory it takes."""

import gc
import tracemalloc
from collections.abc import Callable

import pytest

from resolvers.gates.schema_views import View, Views
from resolvers.operation.documents import Documents
from resolvers.request import RequestError
from resolvers.request_limits import TRUSTED, Limits
from schema import schema
from schema.apps import App

LIMITS = Limits()
VIEW = Views(schema.core).of(frozenset({App.INVOICES}))


def long(limits: Limits) -> str:
    """As many characters and nearly as many tokens as the limits allow."""
    listed = "INVOICE " * ((limits.tokens - 40) // 2)
    field = f"documents(kinds: [{listed}]) {{ totalCount }}"
    text = f'{{ company(id: "com_1") {{ {field} a: {field} }} }} #'
    return text + "x" * (limits.source - len(text) - 1)


def many_comments(limits: Limits) -> str:
    return SMALL + "#\n" * (limits.comments - 1)


SMALL = '{ company(id: "com_1") { name } }'
NESTED = "{ viewer { companies(first: 2) { nodes { id name customers(first: 2) { nodes { id name } } } } } }"


@pytest.fixture
def documents() -> Documents:
    return Documents(schema.core)


@pytest.mark.parametrize("view", [None, VIEW], ids=["whole", "view"])
@pytest.mark.parametrize("make", [long, many_comments])
def test_the_largest_document_is_kept(documents: Documents, make: Callable[[Limits], str], view: View | None) -> None:
    text = make(LIMITS)
    assert documents.find(text, view) is documents.kept(text, view)


@pytest.mark.parametrize("make", [long, many_comments])
def test_the_largest_trusted_document_is_kept_under_a_view(documents: Documents, make: Callable[[Limits], str]) -> None:
    text = make(LIMITS.times(TRUSTED))
    with pytest.raises(RequestError, match=r"longer than|more than"):
        documents.find(text, VIEW)
    documents.pin(text)
    assert documents.find(text, VIEW) is documents.kept(text, VIEW)
    assert documents.kept(text, VIEW) is not documents.kept(text)


def test_a_trusted_document_that_does_not_fit_a_view_is_refused_with_the_place(documents: Documents) -> None:
    text = '{ company(id: "com_1") {\n  tasks { totalCount } } }'
    documents.pin(text)
    with pytest.raises(RequestError) as refused:
        documents.find(text, VIEW)
    assert [(place.line, place.column) for place in refused.value.entry.locations] == [(2, 3)]
    assert documents.kept(text, VIEW) is None


@pytest.mark.sampled(3)
@pytest.mark.parametrize("text", [SMALL, NESTED, long(LIMITS), many_comments(LIMITS)], ids=["1", "2", "3", "4"])
@pytest.mark.parametrize("trusted", [False, True])
def test_documents_take_no_more_memory_than_estimated(documents: Documents, text: str, trusted: bool) -> None:
    read = documents.pin if trusted else documents.find
    count = 5 if len(text) > 1_000 else 50
    first, *others = [text.replace("first: 2", f"first: {n}").replace("com_1", f"com_{n}") for n in range(count)]
    tracemalloc.start()
    try:
        read(first)  # what graphql-core keeps for itself
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        found = [read(other) for other in others]
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < sum(document.size for document in found)
