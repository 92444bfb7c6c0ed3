"""Hostile operations written by hand, with the permitted outcomes of each: a refusal, or an answer within the bounds.

`write` builds each from the ids of the demo, so that it stays hostile when the demo changes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, Final

from graphql import get_introspection_query

from resolvers.gates.needs import own_gates
from schema import schema
from tests.attacker.drawing import Ids, ambiguous
from tests.attacker.victim import KEY_OF, Asked
from tests.differential.oracle.core import is_leaf, kinds_of, named_of

ANSWERED: Final = "answered"
COSTS: Final = "COST_EXCEEDED"
INVALID: Final = "GRAPHQL_VALIDATION_FAILED"
UNREADABLE: Final = "GRAPHQL_PARSE_FAILED"
INPUT: Final = "BAD_USER_INPUT"
LARGE: Final = "PAYLOAD_TOO_LARGE"

NAME: Final = 100
"""Maximum number of characters of a name."""

VALUE: Final = 200
"""Maximum number of characters of a criterion."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """An operation; `becomes` are its permitted outcomes: `ANSWERED` (within all bounds), or an error code."""

    name: str
    write: Callable[[Ids], Asked]
    becomes: tuple[str, ...]


def company(ids: Ids) -> str:
    """The id of the company with most documents."""
    return ids["com"][0]


def kinds(name: str) -> list[str]:
    """The names of the types of an interface."""
    return [kind.name for kind in kinds_of(schema.core, schema.core.type_map[name])]


def every_kind(name: str, of: str, mark: Callable[[int, str], str]) -> str:
    """A fragment on an interface with another selection for each of its types."""
    parts = " ".join(f"... on {kind} {{ {mark(n, kind)} }}" for n, kind in enumerate(kinds(of)))
    return f"fragment {name} on {of} {{ {parts} }}"


def aliased(n: int, _kind: str) -> str:
    return f"x{n}: __typename"


def leaf(_n: int, kind: str) -> str:
    """A leaf field of a type whose name means the same on all types; a different one for each type if possible."""
    type_: Any = schema.core.type_map[kind]
    leaves = [name for name, of in type_.fields.items() if is_leaf(of.type) and name not in ambiguous()]
    return leaves[-1] if leaves else "__typename"


def nested(levels: int, inside: str = "webshopOrder { document", closing: str = "} }", spread: str = "...F") -> str:
    """A spread, and the same again below a path back to the interface, `levels` times."""
    return spread if levels == 0 else f"{spread} {inside} {{ {nested(levels - 1, inside, closing, spread)} {closing}"


def documents(text: str, fragments: str, caller: str | None = None, hidden: str = "null") -> Callable[[Ids], Asked]:
    """An operation on the documents of a company."""

    def write(ids: Ids) -> Asked:
        body = f'{{ company(id: "{company(ids)}") {{ documents(first: 1) {{ nodes {{ {text} }} }} }} }}'
        return Asked(f"{body} {fragments}", caller=caller, hidden=hidden)

    return write


def plain(query: str, variables: Mapping[str, Any] | None = None, caller: str | None = None) -> Callable[[Ids], Asked]:
    """An operation, with the id of the largest company in place of `COMPANY`."""

    def write(ids: Ids) -> Asked:
        given = {name: company(ids) if value == "COMPANY" else value for name, value in (variables or {}).items()}
        return Asked(query.replace("COMPANY", f'"{company(ids)}"'), given, caller)

    return write


def of_all(ids: Ids, rounds: int = 1) -> list[str]:
    """One id of each prefix, `rounds` times; at most a hundred."""
    rows = chain.from_iterable(zip(*(repeat(found[0], rounds) for found in ids.values()), strict=True))
    return list(rows)[:100]


def nodes(selection: str, fragments: str = "", roots: int = 1, caller: str | None = None) -> Callable[[Ids], Asked]:
    """A lookup of ids of all prefixes, in several root fields."""

    def write(ids: Ids) -> Asked:
        body = " ".join(f"r{n}: nodes(ids: $ids) {{ {selection} }}" for n in range(roots))
        return Asked(f"query ($ids: [ID!]!) {{ {body} }} {fragments}", {"ids": of_all(ids)}, caller)

    return write


def contains(length: int, piece: str = "a", caller: str = "noah") -> Callable[[Ids], Asked]:
    """A filter of invoices by a long text in their number."""
    query = "query ($s: String) { company(id: COMPANY) { invoices(filter: {number: {contains: $s}}) { totalCount } } }"
    return plain(query, {"s": (piece * length)[:length]}, caller)


def searched(length: int, piece: str, caller: str = "lambert") -> Callable[[Ids], Asked]:
    """A search for a long text, in all kinds of results."""
    type_: Any = schema.core.type_map["SearchResults"]
    fields = " ".join(
        f"{name} {{ totalCount nodes {{ __typename }} }}" for name, of in type_.fields.items() if not is_leaf(of.type)
    )
    query = f"query ($s: String!) {{ company(id: COMPANY) {{ search(text: $s) {{ {fields} }} }} }}"
    return plain(query, {"s": (piece * length)[:length]}, caller)


def gated_names(count: int, length: int) -> str:
    """Fields of a company that are behind apps, under long aliases; none that costs much by itself."""
    type_: Any = schema.core.type_map["Company"]
    hidden = [
        f"{name} {{ __typename }}"
        for name, of in type_.fields.items()
        if own_gates(of) and name != "lowStock" and not is_leaf(of.type) and not any(map(_required, of.args.values()))
    ]
    names = (hidden * count)[:count]
    return " ".join(f"{f'a{n}'.ljust(length, 'x')}: {of}" for n, of in enumerate(names))


def _required(argument: Any) -> bool:
    return str(argument.type).endswith("!")


def catalogue(roots: int, aliases: int, length: int) -> str:
    """The catalogue of apps several times, with long aliases."""
    names = " ".join(f"{f'a{n}'.ljust(length, 'x')}: description" for n in range(aliases))
    body = " ".join(f"r{n}: apps {{ ...F }}" for n in range(roots))
    return f"{{ {body} }} fragment F on AppInfo {{ {names} }}"


def explaining(aliases: int, operation: str) -> Callable[[Ids], Asked]:
    """The explanation of a user's access to an operation, several times."""

    def write(ids: Ids) -> Asked:
        user = ids["usr"][0]
        body = " ".join(
            f'e{n}: explainAccess(userId: "{user}", operation: $o) {{ path visible reason }}' for n in range(aliases)
        )
        query = f'query ($o: String!) {{ company(id: "{company(ids)}") {{ {body} }} }}'
        return Asked(query, {"o": operation.replace("COMPANY", f'"{company(ids)}"')}, "lambert")

    return write


def _lists() -> str:
    """The number of items in every list of a company."""
    type_: Any = schema.core.type_map["Company"]
    lists = [name for name, of in type_.fields.items() if named_of(of.type).name.endswith("Connection")]
    return " ".join(f"{name} {{ totalCount }}" for name in lists)


def roots(count: int, root: str, fragment: str = "") -> str:
    """The same root field many times under different aliases."""
    return "{ " + " ".join(f"r{n}: {root}" for n in range(count)) + " } " + fragment


def ways(name: str, to: str) -> str:
    """A fragment in which each type leads to the next document under an alias of its own."""
    return every_kind(name, "Document", lambda n, kind: f"{name}{n}: webshopOrder {{ document {{ ...{to} }} }}")


def everywhere(text: str, caller: str, hidden: str = "null", before: str = "") -> Callable[[Ids], Asked]:
    """An operation on all companies of a caller; `before` is an alias for each field of the path."""
    query = f"{{ {before}viewer {{ {before}companies(first: 100) {{ {before}nodes {{ {text} }} }} }} }}"
    return lambda ids: Asked(query, caller=caller, hidden=hidden)


LISTS: Final = _lists()
INSIDE: Final = every_kind("F", "Document", aliased)
LEAVES: Final = every_kind("F", "Document", lambda n, kind: f"x{n}: createdAt {leaf(n, kind)}")
OF_COMPANY: Final = f"fragment C on Company {{ documents(first: 1) {{ nodes {{ {nested(1)} }} }} }} {INSIDE}"
ALL_NODES: Final = every_kind("N", "Node", leaf)
DEEP: Final = f"{{ company(id: COMPANY) {{ documents(first: 1) {{ nodes {{ {nested(3)} }} }} }} }} {INSIDE}"
CALLED: Final = "x" * NAME + ": "
TYPES: Final = "kind name " + "ofType { kind name " * 12 + "}" * 12
PARTS: Final = f"""
fragment T on __Type {{ name kind description }} fragment D on __Field {{ name description }}
fragment I on __InputValue {{ name description type {{ ...R }} }} fragment R on __Type {{ {TYPES} }}
fragment A on __Type {{ ...T fields {{ ...D args {{ ...I }} type {{ ...R }} }} }}
"""
SCHEMA: Final = f"{{ __schema {{ types {{ ...A inputFields {{ ...I }} possibleTypes {{ ...A }} }} }} }} {PARTS}"
WHOLE: Final = PARTS + "fragment P on __Type { possibleTypes { ...A interfaces { name } enumValues { name } } }"
MANY_FIELDS: Final = (
    f"{{ __schema {{ types {{ {' '.join(f'a{n}: fields {{ name description }}' for n in range(29))} }} }} }}"
)
LONG_FIELDS: Final = (
    f"{{ __schema {{ types {{ fields {{ {' '.join(f'a{n:0{NAME - 1}}: name' for n in range(29))} }} }} }} }}"
)
MATRIX: Final = "permissionMatrix { rows { user { id } cells { app granted effective editable } } }"
FIND: Final = (
    "query ($s: [String!]) { company(id: COMPANY) { invoices(filter: {number: {oneOf: $s}}) { totalCount } } }"
)
LONG: Final = "v" * 10_000

BOUNDED: Final = (ANSWERED, COSTS)
REFUSED: Final = (*BOUNDED, INVALID, INPUT)
UNNAMED: Final = (UNREADABLE, INVALID)

INTERFACES: Final = (
    Hostile("all kinds inside all kinds", documents(nested(1), INSIDE), (ANSWERED,)),
    Hostile("all kinds, three levels", documents(nested(2), INSIDE), (ANSWERED,)),
    Hostile("all kinds, four levels", documents(nested(3), INSIDE), (ANSWERED,)),
    Hostile("all kinds, four levels, signed in", documents(nested(3), INSIDE, "lambert"), (ANSWERED,)),
    Hostile("all kinds, four levels, told by errors", documents(nested(3), INSIDE, "eva", "error"), (ANSWERED,)),
    Hostile("fields of all kinds, three levels", documents(nested(2), LEAVES), (ANSWERED,)),
    Hostile("fields of all kinds, three levels, signed in", documents(nested(2), LEAVES, "compta"), (ANSWERED,)),
    Hostile("all kinds by way of letters", documents(nested(3, "postalLetters { document"), INSIDE), (ANSWERED,)),
    Hostile("all kinds by way of mails", documents(nested(3, "sentEmails { document"), INSIDE, "lambert"), (ANSWERED,)),
    Hostile("all kinds, optional", documents(nested(3, "sentEmails @optional { document"), INSIDE, "eva"), BOUNDED),
    Hostile(
        "each kind with all kinds inside",
        documents("...G", every_kind("G", "Document", lambda n, kind: "webshopOrder { document { ...F } }") + INSIDE),
        (ANSWERED,),
    ),
    Hostile("each kind with all kinds inside, by other names", documents("...G", ways("G", "F") + INSIDE), (ANSWERED,)),
    Hostile(
        "each kind otherwise, and otherwise again",
        documents("...A", ways("A", "B") + ways("B", "F") + INSIDE),
        (COSTS,),
    ),
    Hostile("all kinds in twenty roots", plain(roots(20, "company(id: COMPANY) { ...C }", OF_COMPANY)), (COSTS,)),
    Hostile(
        "all kinds of all companies",
        lambda ids: Asked(
            f"{{ viewer {{ companies(first: 100) {{ nodes {{ ...C }} }} }} }} {OF_COMPANY}",
            caller="compta",
        ),
        (ANSWERED,),
    ),
    Hostile(
        "all kinds of node inside a node",
        plain("{ node(id: COMPANY) { ...N ... on Company { documents(first: 1) { nodes { ...N } } } } } " + ALL_NODES),
        (ANSWERED,),
    ),
)

IDS: Final = (
    Hostile("ids of all prefixes", nodes("__typename"), BOUNDED),
    Hostile("ids of all prefixes, signed in", nodes("__typename", caller="lambert"), BOUNDED),
    Hostile("ids of all prefixes, each with a field of its own", nodes("...N", ALL_NODES, caller="compta"), BOUNDED),
    Hostile("ids of all prefixes in three roots", nodes("id __typename", roots=3, caller="lambert"), (COSTS,)),
    Hostile("ids of all prefixes in twenty roots", nodes("__typename", roots=20), (COSTS,)),
    Hostile(
        "ids of all prefixes, and documents behind them",
        nodes(f"... on Company {{ documents(first: 1) {{ nodes {{ {nested(1)} }} }} }}", INSIDE),
        BOUNDED,
    ),
    Hostile(
        "an id of 255 KB", plain("query ($i: ID!) { node(id: $i) { id } }", {"i": "inv_" * 60_000}), (ANSWERED, INPUT)
    ),
    Hostile(
        "a hundred ids of 2 KB",
        plain("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ["inv_" * 500] * 100}),
        (ANSWERED, INPUT),
    ),
)

NAMES: Final = (
    Hostile("a name of the length that is allowed", plain(catalogue(1, 1, NAME)), (ANSWERED,)),
    Hostile("a name that is one character longer", plain(catalogue(1, 1, NAME + 1)), UNNAMED),
    Hostile("an alias of 60,000 characters", plain(catalogue(12, 1, 60_000)), UNNAMED),
    Hostile("long names in all roots", plain(catalogue(20, 9, NAME)), (COSTS,)),
    Hostile("as many long names as there may be", plain(catalogue(1, 29, NAME)), (ANSWERED,)),
    Hostile("a long name of an operation", plain(f"query {LONG} {{ viewer {{ __typename }} }}"), UNNAMED),
    Hostile(
        "a long name of a fragment",
        plain(f"{{ viewer {{ ...{LONG} }} }} fragment {LONG} on Viewer {{ __typename }}"),
        UNNAMED,
    ),
    Hostile(
        "a long name of a variable",
        plain(f"query (${LONG}: ID!) {{ node(id: ${LONG}) {{ id }} }}", {LONG: "x"}),
        UNNAMED,
    ),
    Hostile("a long name of a field that is none", plain(f"{{ {LONG} }}"), UNNAMED),
    Hostile("a long name of a type that is none", plain(f"query ($v: {LONG}) {{ __typename }}"), UNNAMED),
    Hostile(
        "hidden fields under long names, by errors", everywhere(gated_names(29, NAME), "compta", "error"), (ANSWERED,)
    ),
    Hostile("hidden fields under long names, by notes", everywhere(gated_names(29, NAME), "noah"), (ANSWERED,)),
    Hostile(
        "hidden fields under long names below long names",
        everywhere(gated_names(27, NAME), f"{KEY_OF}compta", "error", CALLED),
        (ANSWERED,),
    ),
    Hostile(
        "hidden fields of documents below long names",
        everywhere(f"{CALLED}invoices(first: 10) {{ nodes {{ x: {'discount ' * 5} }} }}", "compta", "error", CALLED),
        (ANSWERED,),
    ),
)

VALUES: Final = (
    Hostile("a criterion of the length that is allowed", contains(VALUE), (ANSWERED,)),
    Hostile("a criterion that is one character longer", contains(VALUE + 1), (INPUT,)),
    Hostile("a criterion of 255 KB", contains(255_000), (INPUT,)),
    Hostile("a criterion of backslashes", contains(VALUE, "\\"), (ANSWERED,)),
    Hostile("a criterion of wildcards", contains(VALUE, "%_"), (ANSWERED,)),
    Hostile("a criterion of letters that grow when they are folded", contains(VALUE, "ẞİ"), (ANSWERED,)),
    Hostile("a search for as much as is allowed", searched(100, "ab "), (ANSWERED,)),
    Hostile("a search for the same letter", searched(100, "a"), (ANSWERED,)),
    Hostile("a search for wildcards", searched(100, "%_"), (ANSWERED,)),
    Hostile("a search for words", searched(100, "a b c "), (ANSWERED,)),
    Hostile("a search for one character more", searched(101, "a"), (INPUT,)),
    Hostile(
        "a hundred long texts",
        plain(FIND, {"s": ["x" * (VALUE - 3) + str(n) for n in range(100)]}, "noah"),
        (ANSWERED,),
    ),
    Hostile("a hundred texts that are too long", plain(FIND, {"s": ["x" * 2_000] * 100}, "noah"), (INPUT,)),
    Hostile(
        "a cursor of 255 KB",
        plain(
            "query ($c: String) { company(id: COMPANY) { users(after: $c) { nodes { id } } } }", {"c": "A" * 255_000}
        ),
        (INPUT,),
    ),
    Hostile(
        "a type of 255 KB",
        plain("query ($n: String!) { __type(name: $n) { name } }", {"n": "T" * 255_000}),
        (ANSWERED, INPUT),
    ),
    Hostile("a body that is too large", contains(300_000), (LARGE,)),
)

MULTIPLIED: Final = (
    Hostile(
        "every list of a company", plain(f"{{ company(id: COMPANY) {{ {LISTS} }} }}", caller="lambert"), (ANSWERED,)
    ),
    Hostile("every list of all companies", everywhere(LISTS, "compta"), (COSTS,)),
    Hostile(
        "every list of a company in twenty roots",
        plain(roots(20, "company(id: COMPANY) { ...L }", f"fragment L on Company {{ {LISTS} }}"), caller="lambert"),
        (COSTS,),
    ),
    Hostile(
        "a hundred in a hundred in a hundred",
        plain(
            "{ company(id: COMPANY) { customers(first: 100) { nodes { invoices(first: 100) { nodes { customer "
            "{ quotes(first: 100) { nodes { id } } } } } } } } }"
        ),
        (COSTS,),
    ),
    Hostile(
        "the matrix in twenty roots",
        plain(roots(20, f"company(id: COMPANY) {{ {MATRIX} }}"), caller="lambert"),
        (COSTS,),
    ),
    Hostile("the matrix of all companies", everywhere(MATRIX, "compta"), (COSTS,)),
    Hostile("a field a thousand times", plain("{ viewer { " + "__typename " * 1_900 + "} }"), (INVALID,)),
)

DESCRIBED: Final = (
    Hostile("the standard introspection", lambda ids: Asked(get_introspection_query()), (ANSWERED,)),
    Hostile("that of an owner", lambda ids: Asked(get_introspection_query(), caller="lambert"), (ANSWERED,)),
    Hostile("all types with all that they say, and more", plain(SCHEMA), REFUSED),
    Hostile(
        "a type in twenty roots",
        plain(roots(20, '__type(name: "Company") { ...A }', PARTS)),
        REFUSED,
    ),
    Hostile("all kinds of node in twenty roots", plain(roots(20, '__type(name: "Node") { ...P }', WHOLE)), REFUSED),
    Hostile("that, of an owner", plain(roots(20, '__type(name: "Node") { ...P }', WHOLE), caller="lambert"), REFUSED),
    Hostile("all fields of all types thirty times", plain(MANY_FIELDS, caller="lambert"), REFUSED),
    Hostile("all names under long names", plain(LONG_FIELDS, caller="lambert"), REFUSED),
    Hostile("an explanation", explaining(1, "{ viewer { companies { nodes { name } } } }"), (ANSWERED,)),
    Hostile("thirty explanations of a deep operation", explaining(29, DEEP), (COSTS,)),
    Hostile(
        "an explanation of all nodes",
        explaining(4, f"{{ node(id: COMPANY) {{ ...N }} }} {ALL_NODES}"),
        (*BOUNDED, INPUT),
    ),
)

PAYLOADS: Final = (
    Hostile(
        "a payload with all kinds inside all kinds",
        plain(
            "mutation { updateProfile(input: {}) { viewer { companies(first: 1) { nodes { documents(first: 1) { nodes "
            f"{{ {nested(2)} }} }} }} }} }} }} }} {INSIDE}",
            caller="eva",
        ),
        (ANSWERED,),
    ),
    Hostile(
        "every list of all companies as a payload",
        plain(
            "mutation { updateProfile(input: {}) { viewer { companies(first: 100) { nodes { ...L } } } } } "
            f"fragment L on Company {{ {LISTS} }}",
            caller="compta",
        ),
        (COSTS,),
    ),
    Hostile(
        "twenty payloads",
        plain(
            "mutation "
            + roots(20, "updateProfile(input: {}) { viewer { ...V } }")
            + f"fragment V on Viewer {{ companies(first: 1) {{ nodes {{ ...C }} }} }} {OF_COMPANY}",
            caller="eva",
        ),
        BOUNDED,
    ),
)

BAD: Final[Mapping[str, Any]] = {"String": "\u0001", "Int": -1, "Decimal": "-1000000000"}
"""A value that no member takes, by its type."""

ALIASES: Final = 29
"""As many as a document may have, with that of a root field."""


def refused(selection: str, fields: int = 1, *, whole: bool) -> Callable[[Ids], Asked]:
    """A list of a hundred new customers with as many mistakes as possible, in several root fields."""
    item: Any = schema.core.type_map["CreateCustomersItemInput"]
    bad = {name: BAD[kind] for name, of in item.fields.items() if (kind := named_of(of.type).name) in BAD}
    given = {"companyId": "COMPANY", "items": [bad] * 100, "allOrNothing": whole}

    def write(ids: Ids) -> Asked:
        body = roots(fields, f"createCustomers(input: $input) {{ {selection} }}")
        text = f"mutation ($input: CreateCustomersInput!) {body}"
        return Asked(text, {"input": {**given, "companyId": company(ids)}}, "eva")

    return write


def mistakes(selection: str, count: int = ALIASES) -> str:
    """The errors under several aliases."""
    return " ".join(f"e{n}: errors {{ {selection} }}" for n in range(count))


LISTS_OF_MISTAKES: Final = (
    Hostile("messages of a refused list", refused(mistakes("message"), whole=True), BOUNDED),
    Hostile("all of a refused list", refused(mistakes("code message field reason app"), whole=True), BOUNDED),
    Hostile("messages of each item", refused(f"results {{ {mistakes('message')} }}", whole=False), BOUNDED),
    Hostile(
        "all of each item", refused(f"results {{ {mistakes('code message field reason app')} }}", whole=False), BOUNDED
    ),
    Hostile("messages of twenty lists", refused("errors { message }", 20, whole=True), BOUNDED),
    Hostile(
        "messages of each item of twenty lists", refused("results { errors { message } }", 20, whole=False), BOUNDED
    ),
)

CORPUS: Final = (*INTERFACES, *IDS, *NAMES, *VALUES, *MULTIPLIED, *DESCRIBED, *PAYLOADS, *LISTS_OF_MISTAKES)
