"""Malformed HTTP requests as bytes for a socket: takes a token and a company, gives each with a name.

Some are only odd, and a server may answer them; none may hurt it.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

CRLF: Final = b"\r\n"
GOOD: Final = b'{"query":"{ __typename }"}'
NAMES: Final = b'{"query":"query($s: String) { apps { app } }","variables":%s}'


def head(*lines: bytes, target: bytes = b"/graphql", method: bytes = b"POST", version: bytes = b"HTTP/1.1") -> bytes:
    """The head of a request with these lines after its first; the empty line that ends it comes with `request`."""
    return CRLF.join((method + b" " + target + b" " + version, *lines)) + CRLF


def request(body: bytes = GOOD, *lines: bytes, target: bytes = b"/graphql", method: bytes = b"POST") -> bytes:
    """A request that is right in all but what is given."""
    usual = (b"host: enfact", b"content-type: application/json", b"content-length: %d" % len(body))
    return head(*usual, *lines, b"connection: close", target=target, method=method) + CRLF + body


def chunked(wire: bytes, *lines: bytes) -> bytes:
    """A request whose body is these bytes, which say themselves how long it is."""
    usual = (b"host: enfact", b"content-type: application/json", b"transfer-encoding: chunked", b"connection: close")
    return head(*usual, *lines) + CRLF + wire


def chunk(data: bytes) -> bytes:
    """Data as one chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def corpus(token: str, company: str) -> dict[str, bytes]:
    """Every request by its name."""
    found: dict[str, bytes] = {}
    for name, sent in (
        *_first_lines(), *_headers(token), *_lengths(), *_chunks(), *_encodings(), *_bodies(), *_members(),
        *_values(token, company), *_documents(token), *_addresses(), *_series(token),
    ):  # fmt: skip
        assert name not in found, name
        found[name] = sent
    return found


def _first_lines() -> Iterator[tuple[str, bytes]]:
    rest = b"host: enfact\r\nconnection: close\r\n\r\n"
    lines: Mapping[str, bytes] = {
        "empty line": b"", "no version": b"POST /graphql", "version 9.9": b"POST /graphql HTTP/9.9",
        "version 1.0": b"POST /graphql HTTP/1.0", "version 0.9": b"GET /graphql HTTP/0.9",
        "version 2.0": b"PRI * HTTP/2.0", "lower case": b"post /graphql HTTP/1.1", "no method": b" /graphql HTTP/1.1",
        "method unknown": b"BREW /graphql HTTP/1.1", "method endless": b"A" * 9_000 + b" /graphql HTTP/1.1",
        "method of NUL": b"GE\0T /graphql HTTP/1.1", "method of UTF-8": "PÖST /graphql HTTP/1.1".encode(),
        "CONNECT": b"CONNECT enfact:443 HTTP/1.1", "CONNECT a path": b"CONNECT /graphql HTTP/1.1",
        "TRACE": b"TRACE /graphql HTTP/1.1", "TRACK": b"TRACK /graphql HTTP/1.1",
        "OPTIONS *": b"OPTIONS * HTTP/1.1", "PROPFIND": b"PROPFIND /graphql HTTP/1.1",
        "HEAD": b"HEAD /graphql?query={__typename} HTTP/1.1", "DELETE": b"DELETE /graphql HTTP/1.1",
        "PUT": b"PUT /graphql HTTP/1.1", "PATCH": b"PATCH /graphql HTTP/1.1", "QUERY": b"QUERY /graphql HTTP/1.1",
        "two spaces": b"POST  /graphql HTTP/1.1", "tabs": b"POST\t/graphql\tHTTP/1.1",
        "trailing space": b"POST /graphql HTTP/1.1 ", "target with space": b"GET /gra phql HTTP/1.1",
        "absolute target": b"GET http://elsewhere/graphql?query={__typename} HTTP/1.1",
        "absolute nonsense": b"GET http://[::1/graphql HTTP/1.1", "scheme only": b"GET http:// HTTP/1.1",
        "no target": b"GET  HTTP/1.1", "star": b"GET * HTTP/1.1", "target of UTF-8": "GET /gräphql HTTP/1.1".encode(),
        "target of bytes": b"GET /\xff\xfe HTTP/1.1", "target of NUL": b"GET /graphql\0 HTTP/1.1",
        "target climbs": b"GET /../../../etc/passwd HTTP/1.1", "target double slash": b"GET //graphql HTTP/1.1",
        "percent cut": b"GET /graphql% HTTP/1.1", "percent NUL": b"GET /graphql%00 HTTP/1.1",
        "percent bytes": b"GET /%ff%fe HTTP/1.1", "percent slash": b"GET /%2fgraphql HTTP/1.1",
        "fragment": b"GET /graphql#x HTTP/1.1", "port beyond": b"GET http://enfact:99999/graphql HTTP/1.1",
        "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "binary": bytes(range(256)) * 4,
        "SOCKS": b"\x05\x01\x00", "SSH": b"SSH-2.0-x", "newlines": b"\n\n\n\n", "null bytes": b"\0" * 2_000,
        "target of 40 kB": b"GET /" + b"a" * 40_000 + b" HTTP/1.1",
        "query of 30 kB": b"GET /graphql?query=" + b"a" * 30_000 + b" HTTP/1.1",
    }  # fmt: skip
    for name, line in lines.items():
        yield f"first line: {name}", line + CRLF + rest
    yield "first line: bare line feeds", b"GET /graphql HTTP/1.1\nhost: enfact\nconnection: close\n\n"
    yield "first line: bare carriage returns", b"GET /graphql HTTP/1.1\rhost: enfact\r\r"


def _headers(token: str) -> Iterator[tuple[str, bytes]]:
    bearer = b"authorization: Bearer " + token.encode()
    lines: Mapping[str, tuple[bytes, ...]] = {
        "name empty": (b": x",), "name with space": (b"a b: x",), "space before colon": (b"accept : */*",),
        "no colon": (b"nonsense",), "folded": (b"accept: a,\r\n b",), "NUL in value": (b"accept: a\0b",),
        "CR in value": (b"accept: a\rb",), "bytes in value": (b"accept: \xff\xfe",), "bytes in name": (b"\xff: x",),
        "control in value": (b"user-agent: \x01\x02\x7f",), "value of 20 kB": (b"x-long: " + b"a" * 20_000,),
        "name of 20 kB": (b"x" * 20_000 + b": a",), "one thousand": tuple(b"x-%d: a" % n for n in range(1_000)),
        "one name a thousand times": (b"x: a",) * 1_000, "cookie a thousand times": (b"cookie: a=b",) * 1_000,
        "two hosts": (b"host: other",), "host empty": (b"host:",), "host nonsense": (b"host: a b/\\?#@",),
        "host of UTF-8": ("host: gâteway".encode(),),
        "authorization twice": (bearer, bearer), "authorization empty": (b"authorization:",),
        "authorization Basic": (b"authorization: Basic dTpw",), "Bearer empty": (b"authorization: Bearer ",),
        "Bearer of UTF-8": ("authorization: Bearer é".encode(),), "Bearer of NUL": (b"authorization: Bearer a\0",),
        "Bearer long": (b"authorization: Bearer " + b"a" * 8_000,), "Bearer quote": (b"authorization: Bearer '; --",),
        "Bearer with comma": (bearer + b", " + bearer,),
        "value of 200 kB": (b"x-long: " + b"a" * 200_000,),
        "Bearer of a key": (b"authorization: Bearer efk_" + b"A" * 43,),
        "Hidden-Fields nonsense": (b"hidden-fields: everything",), "Hidden-Fields twice": (b"hidden-fields: null",) * 2,
        "Hidden-Fields upper": (b"hidden-fields: NULL",), "Hidden-Fields bytes": (b"hidden-fields: \xff",),
        "accept nonsense": (b"accept: ;;;,,,;q=q",), "accept long": (b"accept: " + b"a/b," * 2_000,),
        "accept image": (b"accept: image/png",), "accept quotes": (b'accept: application/json;a="\\',),
        "accept q": (b"accept: application/json;q=1e400",), "accept twice": (b"accept: text/html", b"accept: a/b"),
        "language nonsense": (b"accept-language: \xff\xfe;q=x,-----,*;q=-1",),
        "language long": (b"accept-language: " + b"x-" * 4_000,),
        "encoding nonsense": (b"accept-encoding: gzip;q=;;,,\xff",), "cookie nonsense": (b"cookie: ;=;==\xff;",),
        "cookie of ours, dead": (b"cookie: enfact_session=x", b"origin: null"),
        "cookie of ours, twice": (b"cookie: enfact_session=x; enfact_session=y", b"origin: http://enfact"),
        "cookie of ours, bytes": (b"cookie: enfact_session=\xff", b"origin: http://enfact"),
        "origin nonsense": (b"origin: \xff\0",), "origin twice": (b"origin: a", b"origin: b"),
        "forwarded": (b"x-forwarded-for: ::::", b"x-forwarded-proto: gopher", b"forwarded: for=\"[::"),
        "request id": (b"x-request-id: \"},{\xff" + b"a" * 4_000,), "traceparent": (b"traceparent: 00-\xff",),
        "upgrade to h2c": (b"upgrade: h2c", b"http2-settings: x"),
        "upgrade to nonsense": (b"upgrade: \xff", b"connection: upgrade"),
        "upgrade to websocket": (b"upgrade: websocket", b"connection: upgrade", b"sec-websocket-key: x"),
        "expect nonsense": (b"expect: everything",), "expect 100 twice": (b"expect: 100-continue",) * 2,
        "te": (b"te: trailers, deflate;q=x",), "range": (b"range: bytes=0-,-1",), "if-match": (b"if-none-match: *",),
        "method override": (b"x-http-method-override: DELETE", b"x-original-url: /admin"),
        "keep-alive nonsense": (b"keep-alive: timeout=-1", b"proxy-connection: x"),
    }  # fmt: skip
    for name, more in lines.items():
        yield f"header: {name}", request(GOOD, *more)


def _lengths() -> Iterator[tuple[str, bytes]]:
    usual = (b"host: enfact", b"content-type: application/json", b"connection: close")
    size = b"content-length: %d" % len(GOOD)
    lengths: Mapping[str, tuple[bytes, ...]] = {
        "none": (), "zero": (b"content-length: 0",), "short": (b"content-length: 5",), "-1": (b"content-length: -1",),
        "+26": (b"content-length: +26",), "hexadecimal": (b"content-length: 0x1a",), "empty": (b"content-length:",),
        "letters": (b"content-length: abc",), "2^63": (b"content-length: 9223372036854775808",),
        "2^64": (b"content-length: 18446744073709551616",), "100 digits": (b"content-length: " + b"9" * 100,),
        "fraction": (b"content-length: 26.0",), "list": (b"content-length: 26, 26",), "twice alike": (size, size),
        "twice different": (size, b"content-length: 3"), "1 GB": (b"content-length: 1000000000",),
        "leading zeros": (b"content-length: 000026",), "other digits": ("content-length: ٢٦".encode(),),
        "with chunked": (size, b"transfer-encoding: chunked"), "with identity": (size, b"transfer-encoding: identity"),
        "long": (b"content-length: 100",),
    }  # fmt: skip
    for name, lines in lengths.items():
        yield f"length: {name}", head(*usual, *lines) + CRLF + GOOD
    yield "length: of 300 kB", request(b'{"query":"' + b"#" * 300_000 + b'"}')
    yield "length: with 100-continue, none sent", head(*usual, size, b"expect: 100-continue") + CRLF
    yield "length: body of GET", request(GOOD, method=b"GET", target=b"/graphql?query={__typename}")


def _chunks() -> Iterator[tuple[str, bytes]]:
    end = b"0\r\n\r\n"
    wires: Mapping[str, bytes] = {
        "right": chunk(GOOD) + end, "of one byte": b"".join(chunk(GOOD[n : n + 1]) for n in range(len(GOOD))) + end,
        "none": end, "no end": chunk(GOOD), "no size": b"\r\n" + end, "size negative": b"-1\r\nx\r\n" + end,
        "size nonsense": b"zz\r\nx\r\n" + end, "size huge": b"ffffffffffffffff\r\nx", "size 2^64": b"1" + b"0" * 16,
        "size endless": b"0" * 5_000 + b"1\r\nx\r\n" + end, "size short": b"3\r\n" + GOOD + b"\r\n" + end,
        "size long": b"ff\r\n" + GOOD + b"\r\n" + end, "bare line feeds": b"1a\n" + GOOD + b"\n0\n\n",
        "extension": b"1a;a=b\r\n" + GOOD + b"\r\n" + end, "extension of 9 kB": b"1a;" + b"a" * 9_000 + b"\r\n" + GOOD,
        "extension bytes": b"1a;\xff\0\r\n" + GOOD + b"\r\n" + end, "trailers": chunk(GOOD) + b"0\r\nx: y\r\n\r\n",
        "trailers that matter": chunk(GOOD) + b"0\r\nauthorization: Bearer x\r\ncontent-length: 3\r\n\r\n",
        "trailers nonsense": chunk(GOOD) + b"0\r\n\xff\0nonsense\r\n\r\n", "too much": chunk(b" " * 270_000) + end,
        "twenty thousand": chunk(b" ") * 20_000 + chunk(GOOD) + end, "prefix": b"0x1a\r\n" + GOOD + b"\r\n" + end,
    }  # fmt: skip
    for name, wire in wires.items():
        yield f"chunks: {name}", chunked(wire)
    for name, value in {
        "twice": b"chunked, chunked", "gzip": b"gzip, chunked", "gzip only": b"gzip", "nonsense": b"chonked",
        "identity": b"identity", "last not chunked": b"chunked, gzip", "with tab": b"\tchunked",
        "with VT": b"\x0bchunked", "quoted": b'"chunked"',
    }.items():  # fmt: skip
        usual = (b"host: enfact", b"content-type: application/json", b"connection: close")
        yield f"transfer-encoding: {name}", head(*usual, b"transfer-encoding: " + value) + CRLF + chunk(GOOD) + end


def _encodings() -> Iterator[tuple[str, bytes]]:
    types = (
        b"", b"text/plain", b"application/jsonx", b"application/json; charset=utf-16", b"application/json;;;",
        b'application/json; charset="utf-8', b"multipart/form-data; boundary=x", b"multipart/form-data",
        b"application/x-www-form-urlencoded", b"application/graphql", b"\xff", b"application/json\0", b"a/b/c",
        b"application/json, application/json", b"application/json" + b"; a=b" * 2_000,
    )  # fmt: skip
    for kind in types:
        usual = (b"host: enfact", b"content-length: %d" % len(GOOD), b"connection: close")
        yield f"type: {kind[:40]!r}", head(*usual, b"content-type: " + kind) + CRLF + GOOD
    packed = gzip.compress(GOOD)
    bomb = gzip.compress(b" " * 50_000_000, 9)
    for name, body, encoding in (
        ("gzip", packed, b"gzip"), ("gzip that is none", GOOD, b"gzip"), ("bomb", bomb, b"gzip"),
        ("br", GOOD, b"br"), ("zstd", GOOD, b"zstd"), ("nonsense", GOOD, b"\xff"), ("empty", GOOD, b""),
        ("identity", GOOD, b"identity"), ("upper", GOOD, b"IDENTITY"), ("list", GOOD, b"identity, gzip"),
    ):  # fmt: skip
        yield f"encoding: {name}", request(body, b"content-encoding: " + encoding)
    for codec in ("utf-16", "utf-32", "utf-8-sig", "utf-7", "cp037"):
        yield f"encoding: body in {codec}", request(GOOD.decode().encode(codec))


def _bodies() -> Iterator[tuple[str, bytes]]:
    deep = 20_000
    bodies: Mapping[str, bytes] = {
        "empty": b"", "space": b" ", "null": b"null", "true": b"true", "number": b"5", "text": b'"{ __typename }"',
        "list": b"[]", "batch": b"[" + GOOD + b"]", "batch of 5,000": b"[" + b"1," * 5_000 + b"1]", "object": b"{}",
        "cut": GOOD[:-1], "cut in a string": GOOD[:-4], "twice": GOOD + GOOD, "then text": GOOD + b" x",
        "then NUL": GOOD + b"\0", "NUL first": b"\0" + GOOD, "comment": b"/* */" + GOOD, "comma": b'{"query":"x",}',
        "single quotes": b"{'query':'{ __typename }'}", "bare key": b'{query:"{ __typename }"}',
        "bare newline": b'{"query":"{\n__typename }"}', "control": b'{"query":"\x01"}', "bytes": b'{"query":"\xff"}',
        "overlong": b'{"query":"\xc0\xaf"}', "surrogate in UTF-8": b'{"query":"\xed\xa0\x80"}',
        "escape unknown": b'{"query":"\\x41"}', "escape cut": b'{"query":"\\u00"}', "NaN": b'{"query":NaN}',
        "lists deep": b"[" * deep + b"]" * deep, "lists deep, open": b"[" * deep,
        "objects deep": b'{"a":' * deep + b"1" + b"}" * deep, "form": b"query=%7B__typename%7D",
        "multipart": b'--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n{}\r\n--x--', "XML": b"<?xml?>",
        "pickle": b"\x80\x04\x95", "YAML": b"query: x", "JavaScript": b"while(1);" + GOOD,
        "BOM": b"\xef\xbb\xbf" + GOOD,
    }  # fmt: skip
    for name, body in bodies.items():
        yield f"body: {name}", request(body)


def _members() -> Iterator[tuple[str, bytes]]:
    odd: Mapping[str, bytes] = {
        "null": b"null", "true": b"true", "5": b"5", "list": b"[]", "object": b"{}", "lone surrogate": b'"\\ud800"',
        "pair reversed": b'"\\udc00\\ud800"', "NUL": b'"\\u0000"', "number huge": b"1" + b"0" * 4_000,
        "exponent": b"1e999999999", "deep": b"[" * 1_500 + b"]" * 1_500, "text of 200 kB": b'"' + b"a" * 200_000 + b'"',
    }  # fmt: skip
    for member in ("query", "operationName", "variables", "extensions", "documentId"):
        for name, value in odd.items():
            query = b"" if member == "query" else b'"query":"query A { __typename }",'
            yield f"{member}: {name}", request(b"{" + query + b'"%b":%b}' % (member.encode(), value))
    hashes = (b'{"version":1}', b"[]", b'{"version":1,"sha256Hash":5}', b'{"version":9,"sha256Hash":"x"}', b'"x"')
    for hashed in hashes:
        yield f"persistedQuery: {hashed.decode()}", request(b'{"extensions":{"persistedQuery":%b}}' % hashed)
    yield "query: twice", request(b'{"query":"{ a }","query":"{ __typename }"}')
    yield "query: many keys", request(b"{" + b",".join(b'"k%d":1' % n for n in range(20_000)) + b',"query":"{ a }"}')
    yield "query: key of a prototype", request(b'{"__proto__":{"query":"{ a }"},"constructor":1}')


def _values(token: str, company: str) -> Iterator[tuple[str, bytes]]:
    bearer = b"authorization: Bearer " + token.encode()
    query = "query($v: %s) { company(id: $c) { %s { totalCount nodes { id } } } }"
    for name, kind, field, value in (
        ("Int of 2^63", "Int", "customers(first: $v)", b"9223372036854775808"),
        ("Int -0", "Int", "customers(first: $v)", b"-0"), ("Int 1e2", "Int", "customers(first: $v)", b"1e2"),
        ("Int 1e-400", "Int", "customers(first: $v)", b"1e-400"),
        ("text, U+FFFF", "String", "customers(filter: {search: $v})", b'"\\uffff"'),
        ("text, overrides", "String", "customers(filter: {search: $v})", b'"\\u202e\\u200b\\ufeff"'),
        ("text, wildcards", "String", "customers(filter: {search: $v})", b'"%%%%____\\\\\\\\"'),
        ("text of 100 kB", "String", "customers(filter: {search: $v})", b'"' + b"%" * 100_000 + b'"'),
        ("text, emoji", "String", "customers(filter: {search: $v})", b'"\\ud83d\\ude00"'),
        ("text, SQL", "String", "customers(filter: {name: {eq: $v}})", b'"\'); drop table company; --"'),
        ("Decimal 1e999", "Decimal", "invoices(filter: {totalIncl: {gt: $v}})", b'"1e999"'),
        ("Decimal -0", "Decimal", "invoices(filter: {totalIncl: {gt: $v}})", b'"-0"'),
        ("Decimal sNaN", "Decimal", "invoices(filter: {totalIncl: {gt: $v}})", b'"sNaN"'),
        ("Date +10000", "Date", "invoices(filter: {date: {gt: $v}})", b'"+10000-01-01"'),
        ("Date 9999", "Date", "invoices(filter: {date: {gt: $v}})", b'"9999-12-31"'),
        ("Date infinity", "Date", "invoices(filter: {date: {gt: $v}})", b'"infinity"'),
        ("cursor", "String", "customers(after: $v)", b'"eyJhIjoxfQ=="'),
        ("cursor of 50 kB", "String", "customers(after: $v)", b'"' + b"A" * 50_000 + b'"'),
    ):  # fmt: skip
        text = json.dumps(query % (f"{kind}, $c: ID!", field))
        variables = b'{"v":%b,"c":"%b"}' % (value, company.encode())
        yield f"value: {name}", request(b'{"query":%b,"variables":%b}' % (text.encode(), variables), bearer)
    for odd in (
        "",
        "x",
        "com_",
        "com_" + "f" * 32,
        company.upper(),
        company + "0",
        "com_" + "z" * 32,
        "\u0000",
        "é" * 99,
    ):
        body = json.dumps({"query": "query($id: ID!) { node(id: $id) { id } company(id: $id) { name } }",
                           "variables": {"id": odd}})  # fmt: skip
        yield f"id: {odd[:36]!r}", request(body.encode(), bearer)


def _documents(token: str) -> Iterator[tuple[str, bytes]]:
    bearer = b"authorization: Bearer " + token.encode()
    documents: Mapping[str, str] = {
        "empty": "", "comment": "#", "comments": "#\n" * 5_000, "commas": "," * 5_000, "brace": "{",
        "braces": "{" * 5_000,
        "brackets": "query($a: " + "[" * 5_000, "deep": "{a" * 3_000, "values deep": "{a(b:" + "[" * 3_000,
        "string open": '{a(b:"', "block open": '{a(b:"""', "escape": '{ node(id: "\\u{110000}") { id } }',
        "surrogate": '{ node(id: "\\uD800") { id } }', "braces in u": '{ node(id: "\\u{}") { id } }',
        "number": "{ node(id: 1" + "0" * 5_000 + ") { id } }", "number 01": "{ node(id: 01) { id } }",
        "name long": "{ " + "a" * 50_000 + " }",
        "aliases": "{" + " ".join(f"a{n}: __typename" for n in range(900)) + "}",
        "directives": "{ __typename " + "@include(if: true) " * 500 + "}", "directive unknown": "{ __typename @x }",
        "circle": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "SDL": "type Query { a: Int }",
        "spreads": "{ ...A0 }" + "".join(f" fragment A{n} on Query {{ ...A{n + 1} ...A{n + 1} }}" for n in range(60))
        + " fragment A60 on Query { __typename }",
        "operations": "query A { __typename } " * 100, "subscription": "subscription { accessChanged { role } }",
        "introspection deep": "{ __schema { types " + "{ fields { type { fields { name } } } }" * 1 + " } }",
        "BOM": "\ufeff{ __typename }", "NUL": "{ \0 }", "variables": "query(" + "$a: Int " * 500 + ") { __typename }",
        "default circular": "query($a: Int = $a) { __typename }", "mutation": "mutation { logout { errors { code } } }",
        "typename of all": "{ __typename " * 3, "control": "{ \x07 }", "emoji": "{ 😀 }", "include twice":
        "{ __typename @include(if: false) @include(if: true) }", "on nothing": "{ ... on { __typename } }",
    }  # fmt: skip
    for name, document in documents.items():
        sender = () if name == "mutation" else (bearer,)
        yield f"document: {name}", request(json.dumps({"query": document}).encode(), *sender)


def _addresses() -> Iterator[tuple[str, bytes]]:
    queries: Mapping[str, str] = {
        "none": "", "empty": "query=", "twice": "query={__typename}&query={a}", "not UTF-8": "query=%ff",
        "percent cut": "query=%", "percent nonsense": "query=%zz", "surrogate": "query=%ed%a0%80", "plus": "query=+++",
        "semicolon": "query={__typename};query={a}", "many": "&".join(f"a{n}=1" for n in range(200)),
        "ampersands": "&" * 5_000, "variables": "query={__typename}&variables=x",
        "variables list": "query={__typename}&variables=[]", "variables deep": "query={__typename}&variables="
        + "[" * 5_000, "extensions": "query={__typename}&extensions=5", "name": "query={__typename}&operationName=%00",
        "mutation": "query=" + quote("mutation { logout { errors { code } } }"), "document": "documentId=%00",
        "hash": "extensions=" + quote('{"persistedQuery":{"version":1,"sha256Hash":""}}'), "question": "?query=x",
        "array": "query[]={__typename}&variables[a]=1", "subscription": "query=subscription{x}",
    }  # fmt: skip
    for name, query in queries.items():
        yield f"address: {name}", request(b"", target=b"/graphql?" + query.encode(), method=b"GET")
    for path in (b"/", b"/graphql/", b"/GraphQL", b"/graphql/x", b"/.env", b"/health", b"/health/live/..", b"/metrics"):
        yield f"address: {path.decode()}", request(GOOD, target=path)


def _series(token: str) -> Iterator[tuple[str, bytes]]:
    open_ended = (
        head(b"host: enfact", b"content-type: application/json", b"content-length: %d" % len(GOOD)) + CRLF + GOOD
    )
    smuggled = b"0\r\n\r\nGET /graphql HTTP/1.1\r\nhost: enfact\r\n\r\n"
    both = (b"host: enfact", b"content-type: application/json", b"content-length: 4", b"transfer-encoding: chunked")
    yield "series: of 50", open_ended * 50 + request()
    yield "series: then nonsense", open_ended + b"nonsense\r\n\r\n"
    waits = request(b'{"query":"{ viewer { account { id } } }"}', b"authorization: Bearer " + token.encode())
    waits = waits.replace(b"connection: close\r\n", b"")
    yield "series: two that wait, then nonsense", waits * 2 + b"nonsense\r\n\r\n"
    yield "series: five that wait, then nonsense", waits * 5 + b"nonsense\r\n\r\n"
    yield "series: body too long", head(b"host: enfact", b"content-length: 2") + CRLF + GOOD + request()
    yield "series: smuggled by length and chunks", head(*both) + CRLF + smuggled
    yield "series: smuggled by a bare line feed", chunked(b"1a\n" + GOOD + b"\r\n" + smuggled)
    yield "series: after a refusal", request(b"{", b"connection: keep-alive") + request()
    yield "series: heads without end", head(b"host: enfact") * 40
    yield "series: thousand empty lines", CRLF * 1_000 + request()
    yield "slow: nothing", b""
    yield "slow: half a head", b"POST /graphql HTTP/1.1\r\nhost: enf"
    yield "slow: half a body", request()[:-5]
    yield "slow: half a chunk", chunked(b"1a\r\n" + GOOD[:5])
    yield "slow: half a size", chunked(b"1")
