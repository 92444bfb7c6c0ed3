"""rendering.py: the bytes of answers."""

from decimal import Decimal

import orjson

from gateway.http.rendering import LONGEST_MESSAGE, LastRendering, render
from resolvers.request import ErrorEntry, Location, Note, Result
from schema.errors import ErrorCode

DATA = b'{"a" : 1, "b": "\\u00e9"}'


def render_error(entry: ErrorEntry, request_id: str) -> bytes:
    return render(Result(None, (entry,)), request_id)


HIDDEN = ErrorEntry(ErrorCode.APP_REQUIRED, "This needs Stock.", ("a", 0, "b"), (), {"selection": ["a", "b"]})


def test_data_goes_through_byte_by_byte() -> None:
    assert render(Result.of(DATA), "r1") == b'{"data":' + DATA + b"}"


def test_data_errors_and_notes_follow_each_other() -> None:
    notes = (Note(("a", "b"), "STOCK", None, ("com_1", "com_2")), Note(("c",), None, "OWNER", ("com_1",)))
    assert render(Result.of(DATA, (HIDDEN,), notes), "r1") == (
        b'{"data":' + DATA + b',"errors":[{"message":"This needs Stock.","path":["a",0,"b"],"extensions":'
        b'{"selection":["a","b"],"code":"APP_REQUIRED","requestId":"r1"}}],"extensions":{"hidden":['
        b'{"path":["a","b"],"app":"STOCK","companies":["com_1","com_2"]},'
        b'{"path":["c"],"role":"OWNER","companies":["com_1"]}]}}'
    )


def test_errors_without_notes_and_notes_without_errors() -> None:
    assert orjson.loads(render(Result.of(DATA, (HIDDEN,)), "r1")).keys() == {"data", "errors"}
    assert orjson.loads(render(Result.of(DATA, (), (Note(("c",), "STOCK", None, ()),)), "r1")).keys() == {
        "data",
        "extensions",
    }


def test_what_comes_again_is_rendered_once_and_what_names_its_request_each_time() -> None:
    note = Note(("c",), "STOCK", None, ("com_1",))
    noted, other = Result.of(DATA, (), (note,)), Result.of(b"1", (), (note,))
    events = LastRendering()
    first = events.render(noted, "r1")
    assert (first, events.render(noted, "r2")) == (render(noted, "r1"), render(noted, "r2"))
    assert events.render(noted, "r3") is first
    assert events.render(other, "r4") == render(other, "r4")
    assert events.render(noted, "r5") == first
    failed = Result.of(DATA, (HIDDEN,), (note,))
    assert [events.render(failed, id_) for id_ in ("r1", "r2")] == [render(failed, id_) for id_ in ("r1", "r2")]


def test_null_data_is_data() -> None:
    assert render(Result.of(b"null", (HIDDEN,)), "r1").startswith(b'{"data":null,"errors":[')


def test_a_request_error_has_no_data() -> None:
    entry = ErrorEntry(ErrorCode.GRAPHQL_PARSE_FAILED, "Syntax Error", None, (Location(3, 4),))
    assert render_error(entry, "r1") == (
        b'{"errors":[{"message":"Syntax Error","locations":[{"line":3,"column":4}],'
        b'"extensions":{"code":"GRAPHQL_PARSE_FAILED","requestId":"r1"}}]}'
    )


def test_an_empty_path_is_told() -> None:
    entry = ErrorEntry(ErrorCode.INTERNAL, "x", ())
    assert orjson.loads(render_error(entry, "r1"))["errors"][0]["path"] == []


def test_extensions_never_replace_code_and_request_id() -> None:
    entry = ErrorEntry(ErrorCode.INTERNAL, "x", extensions={"code": "y", "requestId": "z", "cost": Decimal("1.5")})
    extensions = orjson.loads(render_error(entry, "r1"))["errors"][0]["extensions"]
    assert extensions == {"code": "INTERNAL", "requestId": "r1", "cost": "1.5"}


def test_long_messages_are_cut_and_broken_characters_replaced() -> None:
    cut = orjson.loads(render_error(ErrorEntry(ErrorCode.INTERNAL, "é" * 5_000), "r1"))["errors"][0]["message"]
    assert cut == "é" * (LONGEST_MESSAGE - 1) + "…"
    whole = orjson.loads(render_error(ErrorEntry(ErrorCode.INTERNAL, "x" * LONGEST_MESSAGE), "r1"))
    assert whole["errors"][0]["message"] == "x" * LONGEST_MESSAGE
    assert b'"message":"a?b"' in render_error(ErrorEntry(ErrorCode.INTERNAL, "a\ud800b"), "r1")
