"""budget.py: work is counted while it is done, and an operation that takes too much is stopped there."""

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, get_introspection_query

from db.tokens import CredentialKind
from resolvers.compilation.statement import Statement
from resolvers.execution import results
from resolvers.execution.product import default_compiler
from resolvers.fair_use.budget import BOUNDS, TABLE, Budget, Work
from resolvers.operation.documents import Documents
from resolvers.request import ErrorEntry, GraphQLRequest, RequestError
from schema.errors import ErrorCode
from tests.golden.world import World

DOCUMENT = default_compiler().schema.type_map["Document"]
assert isinstance(DOCUMENT, GraphQLInterfaceType)
KINDS = sorted(type_.name for type_ in default_compiler().schema.get_possible_types(DOCUMENT))
EACH = (
    "fragment F on Document {" + " ".join(f"... on {kind} {{ x{n}: __typename }}" for n, kind in enumerate(KINDS)) + "}"
)
SHOP = "webshopOrder { document { %s } }"


def statement(selection: str, more: str = "") -> Statement:
    """The statement of what is selected of a company's documents."""
    query = (
        f"{{ viewer {{ companies(first: 1) {{ nodes {{ documents(first: 1) {{ nodes {{ {selection} }} }} }} }} }} }}"
    )
    return compiled(f"{query} {more}")


def compiled(text: str) -> Statement:
    compiler = default_compiler()
    return compiler.read(Documents(compiler.schema).find(text).choose(None), {}, CredentialKind.SESSION)


def refusal(text: str) -> ErrorEntry:
    with pytest.raises(RequestError) as refused:
        compiled(text)
    assert refused.value.entry.code is ErrorCode.COST_EXCEEDED
    return refused.value.entry


def nested(inner: str, around: str, levels: int) -> str:
    """A selection of documents with the same around it, level by level."""
    for _ in range(levels):
        inner = f"{around} {SHOP % inner}"
    return inner


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_what_all_kinds_share_is_written_once(levels: int) -> None:
    plain = len(statement(nested("id", "id", levels)).sql)
    assert len(statement(nested("...F", "...F", levels), EACH).sql) < plain + levels * 3_000


def test_each_kind_of_node_counts_all_of_its_tables() -> None:
    """All branches are planned together; the drawn attack found 65 MiB where two of three tables were counted."""
    prefixes = ("inv", "quo", "cus", "pro", "pay")

    def found(count: int) -> Statement:
        ids = ", ".join(f'"{prefix}_{0:032x}"' for prefix in prefixes[:count])
        return compiled(f"{{ nodes(ids: [{ids}]) {{ id }} }}")

    few, many = found(2), found(5)
    assert many.sql.count("membership m") - few.sql.count("membership m") == 3
    assert many.cost.work - few.cost.work >= (3 * 3 * TABLE + len(many.sql) - len(few.sql)) // 100


@pytest.mark.parametrize(
    "around",
    [
        pytest.param("id @optional ...F", id="a key that may be left out"),
        pytest.param(
            " ".join(f"... on {kind} {{ {SHOP % '__typename'} }}" for kind in KINDS), id="merged in each kind"
        ),
    ],
)
def test_what_each_kind_has_of_its_own_is_counted_for_each(around: str) -> None:
    more = EACH if "...F" in around else ""
    document = (
        f"{{ viewer {{ companies {{ nodes {{ documents {{ nodes {{ {nested('id', around, 3)} }} }} }} }} }} }} {more}"
    )
    entry = refusal(document)
    assert entry.extensions["work"] == Work.STATEMENT.name
    assert entry.extensions["limit"] == BOUNDS[Work.STATEMENT]
    assert entry.extensions["selection"][:3] == ["viewer", "companies", "nodes"]  # type: ignore[index]
    assert Work.STATEMENT.value in entry.message


def test_a_description_of_the_schema_that_goes_round_and_round_is_stopped() -> None:
    compiled(get_introspection_query())
    field = "name args { name type { name } } type { name ofType { name kind } }"
    entry = refusal(f"{{ __schema {{ types {{ fields {{ type {{ fields {{ {field} }} }} }} }} }} }}")
    assert entry.extensions["work"] == Work.INTROSPECTED.name


def test_what_is_charged_is_the_longest_text_and_every_table() -> None:
    budget = Budget()
    budget.write(0, 100)
    budget.write(50, 20)
    budget.read()
    budget.read()
    assert (budget.text, budget.spent[Work.STATEMENT]) == (100, 100 + 2 * TABLE)
    budget.write(100, BOUNDS[Work.STATEMENT] - 100 - 2 * TABLE)
    with pytest.raises(RequestError):
        budget.write(0, BOUNDS[Work.STATEMENT] - 2 * TABLE + 1)
    with pytest.raises(RequestError):
        budget.read()


INVOICES = "invoices(first: %d%s) { %s nodes { number date status totalIncl customer { name } } }"


@pytest.mark.parametrize(
    ("size", "arguments", "more", "brief"),
    [
        (100, "", "pageInfo { endCursor hasNextPage }", True),
        (100, "", "totalCount", False),
        (1, "", "totalCount", False),
        (1, ", filter: { status: [OVERDUE] }", "", False),
        (1, ", orderBy: [TOTAL_INCL_DESC]", "", False),
    ],
)
def test_a_page_in_its_own_order_is_brief_and_what_grows_with_a_company_is_not(
    size: int, arguments: str, more: str, brief: bool
) -> None:
    company = f"companies(first: 1) {{ nodes {{ {INVOICES % (size, arguments, more)} }} }}"
    assert compiled(f"{{ viewer {{ {company} }} }}").is_brief is brief


def test_many_pages_are_not_brief() -> None:
    pages = " ".join(f"page{n}: {INVOICES % (100, '', '')}" for n in range(8))
    assert not compiled(f"{{ viewer {{ companies(first: 1) {{ nodes {{ {pages} }} }} }} }}").is_brief


def test_figures_searches_and_computed_lists_are_not_brief() -> None:
    for selection in (
        "dashboard { overdue }",
        'search(text: "peeters") { customers(first: 1) { nodes { id } } }',
        "permissionMatrix { rows { cells { app } } }",
        "lowStock(first: 1) { nodes { id } }",
        "customers(first: 1) { nodes { balanceDue } }",
        "invoices(first: 1) { totals { __typename } }",
        'externalUsers(filter: {search: "an"}) { id }',
    ):
        assert not compiled(f"{{ viewer {{ companies(first: 1) {{ nodes {{ {selection} }} }} }} }}").is_brief


async def test_who_is_not_signed_in_gets_a_little_of_it(world: World) -> None:
    company = default_compiler().schema.type_map["Company"]
    assert isinstance(company, GraphQLObjectType)
    lists = [name for name, field in company.fields.items() if field.args.keys() >= {"first", "after"}]
    wide = " ".join(f"{name}(first: 0) {{ nodes {{ id }} }}" for name in lists)
    for query, admitted in (
        (f'{{ company(id: "com_x") {{ {wide} }} }}', False),
        ("{ apps { app kind label description requires plan } }", True),
        (get_introspection_query(), True),
    ):
        result = await world.executor.execute(GraphQLRequest(query))
        assert (result.response is not None) is admitted, query
        assert admitted or result.errors[0].code is ErrorCode.COST_EXCEEDED
        async with world.signed_in("eva") as token:
            assert (await world.executor.execute(GraphQLRequest(query, token=token))).response is not None


async def test_a_payload_that_takes_too_much_is_refused_before_anything_is_written(world: World) -> None:
    around = " ".join(f"... on {kind} {{ {SHOP % '__typename'} }}" for kind in KINDS)
    documents = f"documents {{ nodes {{ {nested('id', around, 2)} }} }}"
    viewer = f"viewer {{ companies {{ nodes {{ {documents} }} }} }}"
    login = f'login(input: {{email: "eva@demo.enfact.test", password: "x"}}) {{ {viewer} }}'
    result = await world.executor.execute(GraphQLRequest(f"mutation {{ {login} }}"))
    assert (result.response, [error.code for error in result.errors]) == (None, [ErrorCode.COST_EXCEEDED])


async def test_an_answer_that_is_too_large_says_so_and_that_a_write_is_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "LARGEST", 20)
    async with world.signed_in("eva") as token:
        read = await world.executor.execute(GraphQLRequest("{ viewer { account { email } } }", token=token))
        written = await world.executor.execute(
            GraphQLRequest("mutation { logout { errors { code } viewer { account { email } } } }", token=token)
        )
    assert (read.response, [error.code for error in read.errors]) == (None, [ErrorCode.COST_EXCEEDED])
    (error,) = written.errors
    assert (error.code, error.extensions) == (ErrorCode.COST_EXCEEDED, {"written": True})


@pytest.mark.parametrize("work", [Work.SELECTIONS, Work.FIELDS, Work.INTROSPECTED])
def test_each_work_has_an_end(work: Work) -> None:
    budget = Budget(path=("viewer", "a"))
    budget.charge(work, BOUNDS[work])
    with pytest.raises(RequestError) as refused:
        budget.charge(work)
    assert refused.value.entry.extensions == {"work": work.name, "limit": BOUNDS[work], "selection": ["viewer", "a"]}
