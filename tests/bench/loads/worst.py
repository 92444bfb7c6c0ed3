"""The worst loads that one account, API key, address or anonymous client can send, as endless requests.

Each request differs from all before it where that causes work. The number of connections is part of a kind of load; its
duration and its loopback address are not.
"""

import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, cycle
from typing import Final, TypeAlias

import orjson
from graphql import get_introspection_query

from schema.apps import CATALOGUE, App
from tests.bench.data import dataset
from tests.bench.loads.generator import get, post

ATTACKED: Final = 20
"""The first company whose people send loads; each kind has its own. Other work is not measured in these companies."""

BUSY, EACH = 8, 2
"""Number of busy connections of a single person, and of each of many."""

KINDS_OF_DOCUMENT: Final = (
    "CashTicket", "CreditNote", "DeliveryNote", "Invoice", "OrderConfirmation", "PaymentRequest", "Purchase",
    "PurchaseOrder", "PurchaseSlip", "Quote",
)  # fmt: skip
LONG_NAME: Final = 60_000
LONG_VALUE: Final = 255_000
IDLE: Final = 2_100
"""A number of idle connections above the limit of two workers."""

APART: Final = 1_000_000
"""The distance between the numbers of two connections, so that no two send the same requests."""

Requests: TypeAlias = Generator[bytes, bytes, None]
"""Yields requests, and receives the answer to each."""


@dataclass(frozen=True, slots=True)
class Load:
    """One kind of load: its name, its sender in words, its requests, and its number of connections from an address."""

    name: str
    whose: str
    requests: Callable[[int], Requests]
    """The requests of one connection, by its number."""
    connections: int = BUSY
    idle: int = 0
    """Number of further connections that stay idle."""
    pause: float = 0.0
    """Seconds between two requests of a connection."""
    subscription: tuple[str, str, str] | None = None
    """Token, subscription and company of live operations that are started first."""


VERSION: Final = re.compile(rb'"version" ?: ?(\d+)')
VERSION_OF: Final = "query($id: ID!) { company(id: $id) { permissionMatrix { version } } }"
SET: Final = """
mutation($input: SetAppAccessInput!) { setAppAccess(input: $input) { permissionMatrix { version } errors { code } } }
"""


def _again(request: bytes) -> Requests:
    while True:
        yield request


def _ask(token: str | None, query: str, **variables: object) -> bytes:
    return post("/graphql", token, orjson.dumps({"query": query, "variables": variables}))


def _company(n: int) -> str:
    return dataset.global_id("com", "company", n)


def _owner(n: int) -> str:
    return dataset.token("owner", n)


def _employee(company: int, member: int) -> str:
    return dataset.token("employee", company * dataset.MEMBERS + member)


def hostile_documents(token: str | None, company: int, which: int) -> Requests:
    """Nested interfaces with all ten types at each level, each time another document."""
    for n in count(which * APART):
        kinds = " ".join(f"... on {kind} {{ k{n}x{i}: __typename }}" for i, kind in enumerate(KINDS_OF_DOCUMENT))
        nested = "webshopOrder { document { ...F webshopOrder { document { ...F } } } }"
        query = f"query($id: ID!) {{ company(id: $id) {{ documents(first: 1) {{ nodes {{ ...F {nested} }} }} }} }}"
        yield _ask(token, f"{query} fragment F on Document {{ {kinds} }}", id=_company(company))


def long_names(token: str | None, which: int) -> Requests:
    """Aliases of many thousand letters, which are repeated with many values."""
    for n in count(which * APART):
        places = " ".join("apps { ...F }" if i == 0 else f"a{i}: apps {{ ...F }}" for i in range(12))
        yield _ask(token, f"{{ {places} }} fragment F on AppInfo {{ {'n' * LONG_NAME}{n}: app }}")


def wrong_documents(token: str | None, which: int) -> Requests:
    """Documents with the maximum number of fields, all unknown, each time another one."""
    for n in count(which * APART):
        fields = " ".join(f"nothing{i % 9}" for i in range(1_800))
        yield _ask(token, f"query Q{n} {{ apps {{ {fields} }} }}")


def long_documents(token: str | None, which: int) -> Requests:
    """Valid documents of the maximum size, each time another one."""
    for n in count(which * APART):
        fields = " ".join("app kind category alwaysVisible requires plan" for _ in range(15))
        places = " ".join(f"n{n}x{i}: apps {{ {fields} }}" for i in range(19))
        yield _ask(token, f"{{ {places} }}")


def long_values(token: str, company: int, which: int) -> Requests:
    """A criterion of a quarter of a megabyte, compared with every invoice."""
    counted = "invoices(filter: {number: {contains: $x}}) { totalCount }"
    query = f"query($id: ID!, $x: String) {{ company(id: $id) {{ {counted} }} }}"
    for n in count(which * APART):
        yield _ask(token, query, id=_company(company), x=f"{n}{'9' * LONG_VALUE}"[:LONG_VALUE])


def dear_reads(token: str, company: int, _which: int) -> Requests:
    """An operation near the maximum cost, the same each time."""
    lines = "lines { id position name quantity price vatRate totalExcl totalVat totalIncl }"
    node = f"id number date totalIncl customer {{ id name }} {lines}"
    lists = " ".join(f"l{n}: invoices(first: 100) {{ totalCount nodes {{ {node} }} }}" for n in range(6))
    return _again(_ask(token, f"query($id: ID!) {{ company(id: $id) {{ {lists} }} }}", id=_company(company)))


def searches(token: str, company: int, which: int) -> Requests:
    """Many counts and sums in one operation."""
    lists = " ".join(f"c{n}: invoices(filter: {{number: {{contains: $x}}}}) {{ totalCount }}" for n in range(20))
    for n in count(which * APART):
        query = f"query($id: ID!, $x: String) {{ company(id: $id) {{ {lists} }} }}"
        yield _ask(token, query, id=_company(company), x=f"F{n % 977}")


def introspection(token: str | None, which: int) -> Requests:
    """Introspection of the whole schema, each time with another document."""
    query = get_introspection_query()
    for n in count(which * APART):
        yield _ask(token, query.replace("IntrospectionQuery", f"Introspection{n}"))


def views(company: int, which: int) -> Requests:
    """The schema of each member of a company, with different apps, as text and by introspection."""
    query = get_introspection_query()
    for n, member in enumerate(cycle(range(1, dataset.MEMBERS)), which * APART):
        token = _employee(company, member)
        yield get("/schema.graphql", token)
        yield _ask(token, query.replace("IntrospectionQuery", f"View{n}"))


def explanations(company: int, which: int) -> Requests:
    """Explanations of a member's access to documents, each time another one."""
    user = dataset.global_id("usr", "membership", company, 1)
    explain = "explainAccess(userId: $user, operation: $op) { path visible }"
    query = f"query($id: ID!, $user: ID!, $op: String!) {{ company(id: $id) {{ {explain} }} }}"
    for n in count(which * APART):
        invoices = "id number date status totalIncl customer { id name } lines { id name price }"
        asked = f'query E{n} {{ company(id: "{_company(company)}") {{ invoices {{ nodes {{ {invoices} }} }} }} }}'
        yield _ask(_owner(company), query, id=_company(company), user=user, op=asked)


def logins(which: int) -> Requests:
    """Logins of unknown accounts, each time another one."""
    query = "mutation($input: LoginInput!) { login(input: $input) { token errors { code } } }"
    for n in count(which * APART):
        yield _ask(None, query, input={"email": f"nobody-{n}@bench.test", "password": f"wrong password {n}"})


def matrices(company: int, _which: int) -> Requests:
    """All toggles of all members in one mutation, on and off in turn."""
    apps = [app for app in App if not CATALOGUE[app].always_visible]
    cells = [(member, app) for member in range(1, dataset.MEMBERS) for app in apps]
    return toggles(company, cells)


def small_writes(company: int, _which: int) -> Requests:
    """Single toggles, one after the other, which wake the subscriptions on them."""
    return toggles(company, [(1, App.DISCOUNTS)])


def toggles(company: int, cells: Sequence[tuple[int, App]]) -> Requests:
    """All these cells on, then off, by the company's owner, who reads the version whenever it is unknown."""
    version: re.Match[bytes] | None = None
    for n in count():
        while version is None:
            answer = yield _ask(_owner(company), VERSION_OF, id=_company(company))
            version = VERSION.search(answer)
        changes = [
            {"userId": dataset.global_id("usr", "membership", company, member), "app": app.name, "granted": n % 2 == 0}
            for member, app in cells
        ]
        given = {"companyId": _company(company), "expectedVersion": int(version[1]), "changes": changes}
        version = VERSION.search((yield _ask(_owner(company), SET, input=given)))


def profiles(company: int, member: int, which: int) -> Requests:
    """A change of the sender's own name, with a payload that takes long to read."""
    lists = " ".join(
        f"l{n}: invoices(first: 100, filter: {{number: {{contains: $x}}}}) {{ totalCount nodes {{ id }} }}"
        for n in range(20)
    )
    query = (
        "mutation($input: UpdateProfileInput!, $x: String) { updateProfile(input: $input) "
        f"{{ errors {{ code }} viewer {{ companies(first: 1) {{ nodes {{ {lists} }} }} }} }} }}"
    )
    for n in count(which * APART):
        yield _ask(_employee(company, member), query, input={"firstName": f"Name {n % 10}"}, x=f"{n % 977}")


def exports(company: int, member: int, _which: int) -> Requests:
    """A request of an export, with a payload that takes long to read."""
    lists = " ".join(f"l{n}: invoices(first: 100) {{ totalCount nodes {{ id lines {{ id }} }} }}" for n in range(10))
    query = (
        "mutation($input: RequestExportInput!) { requestExport(input: $input) "
        f"{{ errors {{ code }} company {{ {lists} }} }} }}"
    )
    asked = {"companyId": _company(company), "model": "CUSTOMERS", "format": "CSV"}
    return _again(_ask(_employee(company, member), query, input=asked))


def health(_which: int) -> Requests:
    """Readiness probes, again and again."""
    return _again(get("/health/ready", None))


FOLLOWED: Final = """
subscription ($id: ID!) { permissionMatrixChanged(companyId: $id) {
  id version rows { user { id email role } cells { app granted effective editable } } } }
"""


def loads(key: str | None) -> Sequence[Load]:
    """All kinds of load; `key` is an API key of the company `KEYED`, None when it could not be created."""
    at = iter(range(ATTACKED, ATTACKED + 40))
    hostile, dear, searched, valued, seen, explained, written, followed = (next(at) for _ in range(8))
    kinds = [
        Load("hostile documents", "nobody", partial(hostile_documents, None, hostile)),
        Load("hostile documents", "account", partial(hostile_documents, _owner(hostile), hostile)),
        Load("long names", "nobody", partial(long_names, None)),
        Load("long documents", "nobody", partial(long_documents, None)),
        Load("wrong documents", "nobody", partial(wrong_documents, None)),
        Load("long values", "account", partial(long_values, _owner(valued), valued)),
        Load("dear reads", "account", partial(dear_reads, _owner(dear), dear), 2 * BUSY),
        Load("searches", "account", partial(searches, _owner(searched), searched), 2 * BUSY),
        Load("introspection", "nobody", partial(introspection, None)),
        Load("views of the schema", "a company's accounts", partial(views, seen)),
        Load("explainAccess", "account", partial(explanations, explained)),
        Load("logins", "nobody", logins, 64),
        Load(f"{IDLE:,} idle connections, and health", "address", health, 2, idle=IDLE, pause=0.05),
        Load(
            "live operations that toggles wake", "account", partial(small_writes, followed), 1, pause=0.02,
            subscription=(_owner(followed), FOLLOWED, _company(followed)),
        ),
        Load("whole matrices written", "account", partial(matrices, written), 1),
    ]  # fmt: skip
    if key is not None:
        kinds.append(Load("dear reads", "key", partial(dear_reads, key, KEYED), 2 * BUSY))
    return kinds


KEYED: Final = ATTACKED + 20
"""The company with the API key."""

CROWDED: Final = ATTACKED + 21
"""The company whose owner sets toggles while all other members send loads."""


def members() -> Sequence[Load]:
    """The loads of all members of `CROWDED` except its owner, each from an address of its own."""
    by_token = (dear_reads, searches, hostile_documents, long_values)
    found: list[Load] = []
    for member in range(1, dataset.MEMBERS):
        writes = exports if App.DATA_EXPORT in dataset.granted(CROWDED, member) else profiles
        kinds = [
            partial(profiles, CROWDED, member),
            partial(writes, CROWDED, member),
            *(_of(requests, _employee(CROWDED, member)) for requests in by_token),
        ]
        found.append(Load("the worst", f"member {member}", kinds[member % len(kinds)], EACH))
    return [*found, Load("the worst", "accountant", _of(dear_reads, dataset.token("accountant", 0)), EACH)]


def _of(requests: Callable[[str, int, int], Requests], token: str) -> Callable[[int], Requests]:
    return partial(requests, token, CROWDED)
