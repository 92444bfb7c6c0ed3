"""What the product is for, over HTTP: what is switched off for somebody is not visible, at once and on any path."""

import asyncio
import re
import uuid
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import pytest

from schema.apps import App
from tests.gateway.cli.test_main import gateway
from tests.golden.world import World
from tests.support.databases import Databases
from tests.support.demo_client import PASSWORD, Answer, Demo, open_client, open_demo

LAMBERT: Final = "Chauffage Lambert"
DELVAUX: Final = "Bières Delvaux"
STORY: Final = """
{ viewer { companies { nodes { name access { apps }
  invoices(first: 3) { nodes { number totalIncl discount lines { name discount } } } } } } }
"""
PAGE: Final = """
query ($id: ID!) { company(id: $id) { invoices(first: 100) {
  nodes { number totalIncl discount settlementDiscount lines { name discount discountType } } } } }
"""
FILTERED: Final = """
query ($id: ID!) { company(id: $id) { name
  filtered: invoices(filter: {discount: {gt: "0"}}) { totalCount }
  ordered: invoices(orderBy: [DISCOUNT_DESC], first: 3) { nodes { number } }
  customers(filter: {discount: {gt: "0"}}) { totalCount } } }
"""
SET: Final = """
mutation ($company: ID!, $version: Int!, $changes: [AppAccessChange!]!) {
  setAppAccess(input: {companyId: $company, expectedVersion: $version, changes: $changes}) {
    permissionMatrix { version } errors { code message }
  }
}
"""
SWITCH: Final = """
mutation ($company: ID!, $app: App!) { %s(input: {companyId: $company, app: $app}) { errors { code message } } }
"""


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncGenerator[Demo]:
    async with open_demo(databases) as demo:
        yield demo


async def set_toggle(demo: Demo, owner: str, who: str, company: str, app: str, *, granted: bool) -> None:
    """An owner switches an app on or off for somebody."""
    id_ = await demo.company(company)
    found = await demo.ask(owner, "query ($id: ID!) { company(id: $id) { permissionMatrix { version } } }", id=id_)
    version = found.data["company"]["permissionMatrix"]["version"]
    change = {"userId": await demo.user(who, company), "app": app, "granted": granted}
    answer = await demo.ask(owner, SET, company=id_, version=version, changes=[change])
    payload = answer.data["setAppAccess"]
    assert (payload["errors"], payload["permissionMatrix"]) == ([], {"version": version + 1})


def discounts(answer: Answer) -> list[Any]:
    """Every discount of documents and lines on a page."""
    nodes = answer.data["company"]["invoices"]["nodes"]
    lines = [line for node in nodes for line in node["lines"]]
    return [*(node["discount"] for node in nodes), *(line["discount"] for line in lines)]


HIDDEN_PATHS: Final = {
    "company.invoices.nodes.discount",
    "company.invoices.nodes.settlementDiscount",
    "company.invoices.nodes.lines.discount",
    "company.invoices.nodes.lines.discountType",
}


async def assert_discounts_are_hidden(demo: Demo, who: str) -> None:
    """Nulls with one note for each selection; a filter or an order on them is refused, and what else is asked stays."""
    lambert = await demo.company(LAMBERT)
    page = await demo.ask(who, PAGE, id=lambert)
    assert set(discounts(page)) == {None}
    assert len(page.data["company"]["invoices"]["nodes"]) == 100
    assert sorted(".".join(note["path"]) for note in page.notes) == sorted(HIDDEN_PATHS)
    assert all((note["app"], note["companies"]) == ("DISCOUNTS", [lambert]) for note in page.notes)
    refused = await demo.ask(who, FILTERED, id=lambert)
    assert refused.data == {"company": {"name": LAMBERT, "filtered": None, "ordered": None, "customers": None}}
    assert refused.codes == ["APP_REQUIRED"] * 3
    assert [error["path"] for error in refused.body["errors"]] == [
        ["company", name] for name in ("filtered", "ordered", "customers")
    ]


async def assert_discounts_are_seen(demo: Demo, who: str) -> None:
    lambert = await demo.company(LAMBERT)
    page = await demo.ask(who, PAGE, id=lambert)
    assert len(set(discounts(page))) > 3
    assert page.notes == []
    found = await demo.ask(who, FILTERED, id=lambert)
    assert found.codes == []
    assert found.data["company"]["filtered"]["totalCount"] > 50
    assert found.data["company"]["customers"]["totalCount"] > 0


# --- the seller of two companies


async def test_a_seller_sees_each_company_by_its_own_toggles(demo: Demo) -> None:
    login = await demo.ask(
        None,
        "mutation ($email: String!, $password: String!) { login(input: {email: $email, password: $password}) "
        "{ token viewer { account { firstName } } errors { code } } }",
        email="noah@demo.enfact.test",
        password=PASSWORD,
    )
    payload = login.data["login"]
    assert (payload["errors"], payload["viewer"]) == ([], {"account": {"firstName": "Noah"}})
    demo.use("noah", payload["token"])
    answer = await demo.ask("noah", STORY)
    assert (answer.response.status_code, answer.codes) == (200, [])
    companies = {node["name"]: node for node in answer.data["viewer"]["companies"]["nodes"]}
    assert companies.keys() == {LAMBERT, DELVAUX}
    assert companies[LAMBERT]["access"] == {"apps": ["CUSTOMERS", "PRODUCTS", "QUOTES", "INVOICES", "DISCOUNTS"]}
    assert companies[DELVAUX]["access"] == {"apps": ["CUSTOMERS", "PRODUCTS", "EMPTY_GOODS", "STOCK"]}
    assert companies[DELVAUX]["invoices"] is None
    assert len(companies[LAMBERT]["invoices"]["nodes"]) == 3
    assert all(
        node["number"] and node["totalIncl"] and node["lines"] for node in companies[LAMBERT]["invoices"]["nodes"]
    )
    note = {"path": ["viewer", "companies", "nodes", "invoices"], "app": "INVOICES"}
    assert answer.notes == [note | {"companies": [await demo.company(DELVAUX)]}]
    await assert_discounts_are_seen(demo, "noah")


async def test_what_an_owner_takes_away_is_gone_at_the_next_request(demo: Demo) -> None:
    await assert_discounts_are_seen(demo, "noah")
    for _ in range(2):
        await set_toggle(demo, "lambert", "noah", LAMBERT, "DISCOUNTS", granted=False)
        await assert_discounts_are_hidden(demo, "noah")
        await assert_discounts_are_seen(demo, "lambert")
        await set_toggle(demo, "lambert", "noah", LAMBERT, "DISCOUNTS", granted=True)
        await assert_discounts_are_seen(demo, "noah")


async def test_an_app_that_the_company_ends_is_gone_for_everybody(demo: Demo) -> None:
    lambert = await demo.company(LAMBERT)
    for _ in range(2):
        answer = await demo.ask("julie", SWITCH % "deactivateApp", company=lambert, app="DISCOUNTS")
        assert answer.data == {"deactivateApp": {"errors": []}}
        for who in ("noah", "lambert", "compta"):
            await assert_discounts_are_hidden(demo, who)
        answer = await demo.ask("lambert", SWITCH % "activateApp", company=lambert, app="DISCOUNTS")
        assert answer.data == {"activateApp": {"errors": []}}
        for who in ("noah", "lambert", "compta"):
            await assert_discounts_are_seen(demo, who)


async def test_a_client_that_takes_missing_rights_as_failures_gets_errors(demo: Demo) -> None:
    answer = await demo.ask("noah", STORY, headers={"hidden-fields": "error"})
    assert (answer.codes, answer.notes) == (["APP_REQUIRED"], [])
    (error,) = answer.body["errors"]
    companies = [node["name"] for node in answer.data["viewer"]["companies"]["nodes"]]
    assert error["path"] == ["viewer", "companies", "nodes", companies.index(DELVAUX), "invoices"]
    assert error["extensions"]["selection"] == ["viewer", "companies", "nodes", "invoices"]


# --- the field worker


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must not reach somebody without documents: ids, numbers, totals that are nobody's price, references."""

    ids: frozenset[str]
    words: frozenset[str]

    def found_in(self, answer: Answer) -> set[str]:
        """What of it an answer gives away."""
        text = answer.response.text
        words = set(re.findall(r'"([^"\\]+)"', text)) | set(re.findall(r"[\w/+.]+", text))
        return (set(re.findall(r"[0-9a-f]{32}", text)) & self.ids) | (words & self.words)


@pytest.fixture(scope="module")
async def documents(demo: Demo) -> Secrets:
    ids = await demo.connection.fetch("select id from document union all select id from document_line")
    words = await demo.connection.fetch("""
        select number word from document union all
        select structured_communication from document where structured_communication is not null union all
        select total_incl::text from document where total_incl > 1000 union all
        select order_reference from document where length(order_reference) > 5
        except select price::numeric(14, 2)::text from product
        except select price::text from product
    """)
    return Secrets(frozenset(row[0].hex for row in ids), frozenset(row[0] for row in words))


FIELDS: Final = """
fragment D on Document { id kind number date totalIncl customer { id name } customerName lines { id name totalExcl } }
fragment Any on Node {
  __typename id
  ...D
  ... on Invoice { status dueDate structuredCommunication corrected: creditNotes { number } }
  ... on Quote { quoteStatus: status made: invoices { number } }
  ... on CreditNote { invoice { number } }
  ... on Customer { invoices { totalCount nodes { ...D } } quotes { nodes { number } } creditNotes { totalCount } }
  ... on Company { documents { totalCount nodes { ...D } } invoices { totalCount } }
}
"""


async def some_ids(demo: Demo, sql: str) -> list[uuid.UUID]:
    """Keys of Chauffage Lambert."""
    company = await demo.connection.fetchval("select id from company where name = $1", LAMBERT)
    return [row[0] for row in await demo.connection.fetch(sql, company)]


async def document_ids(demo: Demo, count: int) -> list[str]:
    """Global ids of documents of every kind and of lines, as their owner has them."""
    prefixes = {"INVOICE": "inv", "QUOTE": "quo", "CREDIT_NOTE": "crn"}
    found: list[str] = []
    for kind, prefix in prefixes.items():
        sql = f"select id from document where company_id = $1 and kind = '{kind}' order by id desc limit {count}"
        found += [f"{prefix}_{key.hex}" for key in await some_ids(demo, sql)]
    lines = await some_ids(demo, f"select id from document_line where company_id = $1 order by id limit {count}")
    return [*found, *(f"lin_{key.hex}" for key in lines)]


def unlike(ids: Iterable[str]) -> list[str]:
    """Ids of the same types that belong to nothing."""
    return [f"{id_[:3]}_{uuid.uuid4().hex}" for id_ in ids]


async def test_a_field_worker_sees_customers_and_products(demo: Demo, documents: Secrets) -> None:
    query = """
    query ($id: ID!) { company(id: $id) { access { apps }
      customers(first: 100) { totalCount nodes { id name city contactPersons { lastName } } }
      products(first: 100) { totalCount nodes { id name price } } } }
    """
    answer = await demo.ask("eva", query, id=await demo.company(LAMBERT))
    company = answer.data["company"]
    assert set(company["access"]["apps"]) == {"CUSTOMERS", "PRODUCTS", "WORK_ORDERS", "TIME_TRACKING", "AGENDA"}
    assert company["customers"]["totalCount"] > 300
    assert company["products"]["totalCount"] > 50
    assert (answer.codes, answer.notes, documents.found_in(answer)) == ([], [], set())


async def test_the_search_for_secrets_finds_them(demo: Demo, documents: Secrets) -> None:
    """The net of the tests below is not empty: an owner's answers are full of secrets."""
    ids = await document_ids(demo, 2)
    answer = await demo.ask("lambert", "query ($ids: [ID!]!) { nodes(ids: $ids) { ...Any } }" + FIELDS, ids=ids)
    found = documents.found_in(answer)
    assert len(found & documents.ids) > 6
    assert len(found & documents.words) > 3


async def test_no_id_leads_a_field_worker_to_a_document(demo: Demo, documents: Secrets) -> None:
    ids = await document_ids(demo, 8)
    single = "query ($id: ID!) { node(id: $id) { ...Any } again: node(id: $id) { __typename ...Any } }" + FIELDS
    for id_, unknown in zip(ids, unlike(ids), strict=True):
        answer = await demo.ask("eva", single, id=id_)
        assert answer.told == (200, {"data": {"node": None, "again": None}})
        assert answer.told == (await demo.ask("eva", single, id=unknown)).told


async def test_nodes_gives_what_may_be_seen_and_null_for_the_rest(demo: Demo, documents: Secrets) -> None:
    ids = await document_ids(demo, 8)
    customers = await some_ids(
        demo, "select id from contact where company_id = $1 and is_customer and deleted_at is null order by id limit 8"
    )
    mixed = [id_ for pair in zip(ids, [f"cus_{key.hex}" for key in customers], strict=False) for id_ in pair]
    query = (
        "query ($ids: [ID!]!) { nodes(ids: $ids) { ...Any } other: nodes(ids: $ids) { id ... on Document { number } } }"
    )
    answer = await demo.ask("eva", query + FIELDS, ids=mixed)
    assert [node and node["id"] for node in answer.data["nodes"]] == [
        id_ if id_.startswith("cus") else None for id_ in mixed
    ]
    assert {(node["invoices"], node["quotes"], node["creditNotes"]) for node in answer.data["nodes"] if node} == {
        (None, None, None)
    }
    assert {note["app"] for note in answer.notes} == {"INVOICES", "QUOTES", "CREDIT_NOTES"}
    assert documents.found_in(answer) == set()
    unknown = [id_ if id_.startswith("cus") else f"{id_[:3]}_{uuid.uuid4().hex}" for id_ in mixed]
    assert (await demo.ask("eva", query + FIELDS, ids=unknown)).told == answer.told


async def test_no_list_leads_a_field_worker_to_a_document(demo: Demo, documents: Secrets) -> None:
    lambert = await demo.company(LAMBERT)
    query = """
    query ($id: ID!) {
      company(id: $id) {
        all: documents(first: 100) {
          totalCount nodes { ...D } edges { cursor node { id } } pageInfo { endCursor hasNextPage }
        }
        searched: documents(filter: {search: "2026"}) { totalCount nodes { id } }
        dated: documents(orderBy: [TOTAL_INCL_DESC, DATE_ASC], last: 5) { totalCount edges { cursor } }
        none: documents(kinds: []) { totalCount nodes { id } }
        invoices { totalCount nodes { ...D } pageInfo { endCursor } }
        quotes(orderBy: [DATE_ASC]) { totalCount edges { cursor node { number } } }
        creditNotes(filter: {number: {startsWith: "NC"}}) { totalCount }
        customers(first: 20) {
          nodes { name invoices(first: 2) { totalCount nodes { ...D } } quotes { totalCount } }
        }
      }
      node(id: $id) { ... on Company { documents { totalCount } invoices { nodes { number } } } }
      nodes(ids: [$id]) {
        ... on Company { creditNotes { totalCount edges { cursor } } documents { nodes { number } } }
      }
      viewer { companies { nodes { documents { totalCount nodes { number } } quotes { totalCount } } } }
    }
    """
    answer = await demo.ask("eva", query + FIELDS.split("fragment Any")[0], id=lambert)
    company = answer.data["company"]
    empty: dict[str, object] = {
        "totalCount": 0,
        "nodes": [],
        "edges": [],
        "pageInfo": {"endCursor": None, "hasNextPage": False},
    }
    assert (answer.codes, company["all"]) == ([], empty)
    assert company["searched"] == company["none"] == {"totalCount": 0, "nodes": []}
    assert company["dated"] == {"totalCount": 0, "edges": []}
    assert [company[name] for name in ("invoices", "quotes", "creditNotes")] == [None] * 3
    assert {(node["invoices"], node["quotes"]) for node in company["customers"]["nodes"]} == {(None, None)}
    assert answer.data["node"] == {"documents": {"totalCount": 0}, "invoices": None}
    assert documents.found_in(answer) == set()


async def test_a_kind_that_is_asked_for_and_not_held_is_refused(demo: Demo, documents: Secrets) -> None:
    lambert = await demo.company(LAMBERT)
    constant = "query ($id: ID!) { company(id: $id) { name documents(kinds: [%s]) { totalCount nodes { number } } } }"
    variable = "query ($id: ID!, $k: [DocumentKind!]) { company(id: $id) { name documents(kinds: $k) { totalCount } } }"
    for kinds in ("INVOICE", "QUOTE, CREDIT_NOTE"):
        for answer in (
            await demo.ask("eva", constant % kinds, id=lambert),
            await demo.ask("eva", variable, id=lambert, k=kinds.split(", ")),
        ):
            assert answer.data == {"company": {"name": LAMBERT, "documents": None}}
            assert set(answer.codes) == {"APP_REQUIRED"}
            assert documents.found_in(answer) == set()


async def test_filters_and_orders_tell_a_field_worker_nothing(demo: Demo, documents: Secrets) -> None:
    """What is asked of a true value and of an invented one is answered alike."""
    lambert = await demo.company(LAMBERT)
    row = await demo.connection.fetchrow(
        "select d.number, d.customer_id, d.total_incl, d.date from document d join company c on c.id = d.company_id "
        "where c.name = $1 and d.kind = 'INVOICE' and d.discount is not null limit 1", LAMBERT,
    )  # fmt: skip
    assert row is not None
    query = """
    query ($id: ID!, $number: String!, $total: Decimal!, $day: Date!, $customer: ID!) { company(id: $id) {
      a: documents(filter: {number: {eq: $number}}) { totalCount }
      b: documents(filter: {totalIncl: {eq: $total}, date: {eq: $day}}) { totalCount nodes { id } }
      c: documents(filter: {customer: {eq: $customer}}, orderBy: [CUSTOMER_NAME_ASC]) { totalCount }
      d: invoices(filter: {customer: {eq: $customer}, number: {eq: $number}}) { totalCount }
      e: documents(filter: {discount: {isNull: false}}) { totalCount }
      f: customers(filter: {search: $number}) { totalCount }
      g: documents(orderBy: [TOTAL_DISCOUNT_ASC]) { totalCount }
    } }
    """
    true = await demo.ask(
        "eva", query, id=lambert, number=row["number"], total=str(row["total_incl"]), day=str(row["date"]),
        customer=f"cus_{row['customer_id'].hex}",
    )  # fmt: skip
    invented = await demo.ask(
        "eva",
        query,
        id=lambert,
        number="1999/99999",
        total="0.01",
        day="1999-01-01",
        customer=f"cus_{uuid.uuid4().hex}",
    )
    assert true.told == invented.told
    company = true.data["company"]
    assert [company[name] and company[name]["totalCount"] for name in "abcdefg"] == [0, 0, 0, None, None, 0, None]
    owner = await demo.ask(
        "lambert", query, id=lambert, number=row["number"], total=str(row["total_incl"]), day=str(row["date"]),
        customer=f"cus_{row['customer_id'].hex}",
    )  # fmt: skip
    assert all(owner.data["company"][name]["totalCount"] for name in "abcdeg")


async def test_an_owners_cursors_give_a_field_worker_nothing(demo: Demo, documents: Secrets) -> None:
    lambert = await demo.company(LAMBERT)
    pages = """
    query ($id: ID!) { company(id: $id) {
      documents(first: 9) { edges { cursor } } invoices(first: 9) { edges { cursor } }
    } }
    """
    owner = (await demo.ask("lambert", pages, id=lambert)).data["company"]
    query = """
    query ($id: ID!, $document: String!, $invoice: String!) { company(id: $id) {
      after: documents(after: $document) {
        totalCount edges { cursor node { number } } pageInfo { hasNextPage endCursor }
      }
      before: documents(last: 5, before: $document) { nodes { id } pageInfo { hasPreviousPage startCursor } }
      invoices(after: $invoice) { totalCount nodes { number } }
    } }
    """
    for place in (0, 4, 8):
        cursors = {name: owner[f"{name}s"]["edges"][place]["cursor"] for name in ("document", "invoice")}
        answer = await demo.ask("eva", query, id=lambert, **cursors)
        company = answer.data["company"]
        assert (company["after"]["totalCount"], company["after"]["edges"], company["before"]["nodes"]) == (0, [], [])
        assert company["after"]["pageInfo"] == {"hasNextPage": False, "endCursor": None}
        assert company["before"]["pageInfo"] == {"hasPreviousPage": False, "startCursor": None}
        assert (company["invoices"], answer.codes) == (None, [])
        assert documents.found_in(answer) == set()


async def test_whom_a_field_worker_does_not_enter_does_not_exist(demo: Demo) -> None:
    delvaux = await demo.company(DELVAUX)
    query = """
    query ($id: ID!) {
      company(id: $id) { name documents { totalCount } } node(id: $id) { id } nodes(ids: [$id]) { id }
    }
    """
    answers = [await demo.ask("eva", query, id=id_) for id_ in (delvaux, f"com_{uuid.uuid4().hex}", "com_x", "")]
    assert {str(answer.told) for answer in answers} == {
        str((200, {"data": {"company": None, "node": None, "nodes": [None]}}))
    }


# --- strangers


async def test_an_accountant_sees_sixty_two_companies_in_one_statement(world: World) -> None:
    query = """
    { viewer { companies(first: 100) {
      totalCount nodes { name access { external } invoices(first: 1) { nodes { number } } }
    } } }
    """
    async with world.signed_in("compta") as token:
        outcome = await world.ask(query, None, token)
    assert len(outcome.statements) == 1
    assert outcome.result.data is not None
    assert outcome.result.data.count(b'"external":true') == outcome.result.data.count(b'"number":') == 62
    assert b'"totalCount":62' in outcome.result.data


async def test_who_is_linked_to_nobody_sees_no_company(demo: Demo) -> None:
    lambert = await demo.company(LAMBERT)
    query = """
    query ($id: ID!) { viewer { account { kind } companies { totalCount nodes { name } } } company(id: $id) { name } }
    """
    answer = await demo.ask("hors-ligne", query, id=lambert)
    assert answer.told == (
        200,
        {
            "data": {
                "viewer": {"account": {"kind": "ACCOUNTANT"}, "companies": {"totalCount": 0, "nodes": []}},
                "company": None,
            }
        },
    )


async def test_nobody_sees_the_catalogue_and_nothing_else(demo: Demo) -> None:
    lambert, ids = await demo.company(LAMBERT), await document_ids(demo, 1)
    query = """
    query ($id: ID!, $ids: [ID!]!) {
      viewer { account { id } } company(id: $id) { name } node(id: $id) { id } nodes(ids: $ids) { id }
      apps { app label }
    }
    """
    answer = await demo.ask(None, query, id=lambert, ids=ids)
    seen = answer.data
    assert len(seen.pop("apps")) == len(App)
    assert seen == {"viewer": None, "company": None, "node": None, "nodes": [None] * len(ids)}
    assert (answer.codes, answer.notes) == ([], [])


@pytest.mark.parametrize("credential", ["Bearer wrong", "Bearer enf_AAAA", "Basic bm9haDp4", "bearer  a b"])
async def test_a_bad_credential_is_refused(demo: Demo, credential: str) -> None:
    response = await demo.client.post(
        "/graphql",
        json={"query": "{ apps { app } viewer { account { id } } }"},
        headers={"authorization": credential},
    )
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert Answer(response).codes == ["UNAUTHENTICATED"]


# --- several processes

PROBE: Final = "query ($id: ID!) { company(id: $id) { access { can(app: INVOICES) } invoices { totalCount } } }"


async def test_no_pool_sees_the_past(databases: Databases) -> None:
    """One application changes access while others read without a pause: no answer may be older than its request."""
    async with open_demo(databases) as writer, AsyncExitStack() as stack:
        lambert, token = await writer.company(LAMBERT), await writer.token("noah")
        readers = [await stack.enter_async_context(open_client(writer.dsn, pool_size=2)) for _ in range(2)]
        reading = Reading(lambert, token)
        tasks = [asyncio.create_task(reading.run(client)) for client in readers for _ in range(2)]
        for _ in range(8):
            await set_toggle(writer, "lambert", "noah", LAMBERT, "INVOICES", granted=False)
            reading.turn(off=True)
            await reading.until_judged(3)
            reading.turn(off=False)
            await set_toggle(writer, "lambert", "noah", LAMBERT, "INVOICES", granted=True)
        reading.running = False
        await asyncio.gather(*tasks)
    assert reading.stale == 0


@dataclass(slots=True)
class Reading:
    """Somebody's requests while access changes; those are judged during which it was off for sure."""

    company: str
    token: str
    off: bool = False
    turns: int = 0
    running: bool = True
    stale: int = 0
    judged: int = 0
    judges: asyncio.Event = field(default_factory=asyncio.Event)

    def turn(self, *, off: bool) -> None:
        """From now on access is off for sure, or not."""
        self.off, self.turns = off, self.turns + 1

    async def until_judged(self, more: int) -> None:
        """Return once `more` requests have been judged from now on; fails after a minute."""
        wanted = self.judged + more
        async with asyncio.timeout(60):
            while self.judged < wanted:
                self.judges.clear()
                await self.judges.wait()

    async def run(self, client: httpx.AsyncClient) -> None:
        """Ask again and again."""
        body = {"query": PROBE, "variables": {"id": self.company}}
        while self.running:
            off, turns = self.off, self.turns
            answer = await client.post("/graphql", json=body, headers={"authorization": f"Bearer {self.token}"})
            if off and turns == self.turns:
                self.judged += 1
                self.judges.set()
                self.stale += answer.json()["data"]["company"] != {"access": {"can": False}, "invoices": None}


async def test_no_worker_process_sees_the_past(databases: Databases) -> None:
    async with open_demo(databases) as demo:
        lambert, token = await demo.company(LAMBERT), await demo.token("noah")
        headers = {"authorization": f"Bearer {token}", "connection": "close"}  # so that every worker gets its share
        body = {"query": PROBE, "variables": {"id": lambert}}
        serving = gateway("--workers", "2", DATABASE_URL=demo.dsn)
        running = await asyncio.to_thread(serving.__enter__)
        try:
            async with httpx.AsyncClient(base_url=running.url, headers=headers, timeout=30) as client:
                for granted in (False, True) * 6:
                    await set_toggle(demo, "lambert", "noah", LAMBERT, "INVOICES", granted=granted)
                    answers = await asyncio.gather(*[client.post("/graphql", json=body) for _ in range(6)])
                    found = [answer.json()["data"]["company"] for answer in answers]
                    assert {company["access"]["can"] for company in found} == {granted}
                    assert {company["invoices"] is not None for company in found} == {granted}
        finally:
            await asyncio.to_thread(serving.__exit__, None, None, None)
