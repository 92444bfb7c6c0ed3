"""context.py: the place in a trace that headers say, and headers that say nothing."""

import pytest

from gateway.trace_context import MOST_MEMBERS, Parent, parent_in, parent_of, state_of

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HEADER = f"00-{TRACE}-{SPAN}-01"


def test_the_headers_of_a_client_say_its_span() -> None:
    assert parent_of(HEADER.encode(), b"congo=t61rcWkgMzE,tenant@rojo=00f0 67aa") == Parent(
        TRACE, SPAN, 1, (("congo", "t61rcWkgMzE"), ("tenant@rojo", "00f0 67aa"))
    )
    assert parent_of(f"00-{TRACE}-{SPAN}-00".encode()) == Parent(TRACE, SPAN, 0)
    assert parent_of(f"cc-{TRACE}-{SPAN}-ff-what-will-be".encode()) == Parent(TRACE, SPAN, 255)
    assert parent_in({"traceparent": HEADER, "tracestate": "a=1"}) == Parent(TRACE, SPAN, 1, (("a", "1"),))


@pytest.mark.parametrize(
    "traceparent",
    [
        "", "00", HEADER.upper(), HEADER + "-", HEADER + "-more", HEADER[:-1], HEADER + "0", " " + HEADER,
        HEADER.replace("-", "_"), f"ff-{TRACE}-{SPAN}-01", f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01",
        f"{HEADER},{HEADER}", HEADER + "\n", HEADER + "\0", f"00-{TRACE}-{SPAN}-0g", f"00-{TRACE[1:]}é-{SPAN}-01",
        f"cc-{TRACE}-{SPAN}-01.more", "0" * 100_000, HEADER + "-" * 100_000,
    ],
    ids=lambda value: ascii(value[:60]),
)  # fmt: skip
def test_what_is_not_well_formed_is_as_good_as_absent(traceparent: str) -> None:
    assert parent_of(traceparent.encode(), b"a=1") is None
    assert parent_in({"traceparent": traceparent}) is None


@pytest.mark.parametrize("extensions", [None, {}, {"traceparent": 7}, {"traceparent": [HEADER]}, {"traceparent": None}])
def test_other_extensions_say_nothing(extensions: dict[str, object] | None) -> None:
    assert parent_in(extensions) is None


def test_without_a_span_the_state_means_nothing() -> None:
    assert parent_of(None, b"a=1") is None


@pytest.mark.parametrize(
    ("tracestate", "expected"),
    [
        (b"a=1", (("a", "1"),)),
        (b" a=1 ,\tb=2\t,, ", (("a", "1"), ("b", "2"))),
        (b"a= 1", (("a", " 1"),)),
        (b"0t@v=x", (("0t@v", "x"),)),
        (b"", ()),
        (b"a", ()),
        (b"a=", ()),
        (b"A=1", ()),
        (b"0a=1", ()),
        (b"a=1,b", ()),
        (b"a=1,a=2", ()),
        (b"a=1=2", ()),
        (b"a=\xc3\xa9", ()),
        (b"a=1\r\nset-cookie: x", ()),
        (b"a=\x1b[31m", ()),
        (b"a@" + b"b" * 15 + b"=1", ()),
    ],
    ids=repr,
)
def test_a_state_is_taken_whole_or_not(tracestate: bytes, expected: tuple[tuple[str, str], ...]) -> None:
    assert state_of(tracestate) == expected


def test_a_state_has_bounds() -> None:
    assert len(state_of(b",".join(b"k%d=1" % n for n in range(MOST_MEMBERS)))) == MOST_MEMBERS
    assert state_of(b",".join(b"k%d=1" % n for n in range(MOST_MEMBERS + 1))) == ()
    assert len(state_of(b"a=" + b"x" * 255 + b",b=" + b"y" * 252)) == 2
    assert state_of(b"a=" + b"x" * 255 + b",b=" + b"y" * 253) == ()
    assert state_of(b"a=" + b"x" * 257) == ()
