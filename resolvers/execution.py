"""From a request to its result.

A query is one statement, a mutation one transaction per root field whose payload the same compiler reads.
"""

from collections.abc import Callable, Coroutine
from functools import cache, partial
from typing import Any

from graphql import OperationType

from db.database import Database
from db.errors import DatabaseError
from db.secrets import Keyring
from db.tables import metadata
from resolvers.answers import refusal, result_of, token_hash
from resolvers.budget import check_stranger
from resolvers.checks import check_mutations, check_schema
from resolvers.compilation import Bindings
from resolvers.compiler import Compiler
from resolvers.cost import MAX_COST, check_cost
from resolvers.fields import HOMES, RESOLVERS
from resolvers.inputs import Variables
from resolvers.known import KnownOperations
from resolvers.layout import Layout
from resolvers.live import Live, Subscription
from resolvers.mutating import Writer
from resolvers.mutations import MUTATIONS
from resolvers.operation import Documents, Operation
from resolvers.payers import Payers
from resolvers.request import GraphQLRequest, RequestError, Result
from resolvers.sessions import Uses
from resolvers.turns import Turns
from resolvers.viewing import SchemaText, Viewing
from resolvers.waking import Wakes
from resolvers.writing import Quota
from schema import schema
from schema.errors import ErrorCode


@cache
def default_compiler() -> Compiler:
    """The compiler of the product's schema over its tables.

    SchemaRefused when the schema would leak or cannot be answered.
    """
    core = schema.core
    layout = Layout(core, metadata, RESOLVERS, HOMES)
    check_schema(layout)
    check_mutations(core, {name: mutation.gates for name, mutation in MUTATIONS.items()})
    return Compiler(core, layout)


class Executor:
    """Answers GraphQL requests on a database.

    `shows_secrets` may change at any time (a demo without mail shows what would be mailed). `report` is called with
    every DatabaseError that a request meets, whatever becomes of the request. `keyring` has the keys for secrets,
    `known` the operations that are known in advance; one that costs more than `max_cost` is refused.
    """

    def __init__(
        self,
        database: Database,
        compiler: Compiler | None = None,
        *,
        shows_secrets: bool = False,
        report: Callable[[DatabaseError], None] | None = None,
        keyring: Keyring | None = None,
        known: KnownOperations | None = None,
        max_cost: int = MAX_COST,
    ) -> None:
        self._database = database
        self._turns = Turns()
        self._payers = Payers()
        self._compiler = compiler or default_compiler()
        self._known = known or KnownOperations(Documents(self._compiler.schema))
        self._report = report or _ignore
        self.uses = Uses()
        self._max_cost = max_cost
        self._viewing = Viewing(database, self._compiler.schema, self.uses, self._turns)
        self._writer = Writer(
            database,
            self._compiler,
            keyring or Keyring(),
            self.uses,
            self._report,
            max_cost,
            turns=self._turns,
            payers=self._payers,
            shows_secrets=shows_secrets,
        )
        self._live = Live(database, self._compiler, self.uses, self._report, max_cost=max_cost)

    @property
    def wakes(self) -> Wakes:
        """What wakes the subscriptions: to be told what changed."""
        return self._live.wakes

    @property
    def shows_secrets(self) -> bool:
        """Whether what would be mailed is shown instead."""
        return self._writer.shows_secrets

    @shows_secrets.setter
    def shows_secrets(self, shows: bool) -> None:
        self._writer.shows_secrets = shows

    def limit_writes(self, quota: Quota | None) -> None:
        """Refuse from now on what writes more rows than the quota says; None: whatever it writes."""
        self._writer.quota = quota

    async def execute(self, request: GraphQLRequest) -> Result:
        """The result of a request; one that is refused as a whole has no data.

        DatabaseError when the database does not answer.
        """
        hashed = token_hash(request.token)
        self._payers.begin(request.address, hashed)
        try:
            return await self._run(request, await self._operation(request), hashed)
        except RequestError as refused:
            return self._refused(refused, hashed)
        except DatabaseError as error:
            self._report(error)
            raise

    async def start(self, request: GraphQLRequest) -> Result | Subscription:
        """The result of a request for one, or the subscription that it opens. Raises as `execute` does."""
        hashed = token_hash(request.token)
        self._payers.begin(request.address, hashed)
        try:
            operation = await self._operation(request)
            if operation.is_live:
                return await self._subscribe(request, operation)
            return await self._run(request, operation, hashed)
        except RequestError as refused:
            return self._refused(refused, hashed)
        except DatabaseError as error:
            self._report(error)
            raise

    async def watch(self, request: GraphQLRequest) -> Subscription:
        """What tells when the credential of a request is known no more.

        RequestError (UNAUTHENTICATED) when it is not known now, DatabaseError when the database does not answer.
        """
        self._payers.begin(request.address, token_hash(request.token))
        return self._paying(await self._live.watch(request))

    async def schema_text(self, request: GraphQLRequest) -> SchemaText:
        """The schema as who sends a request sees it, as SDL.

        RequestError (UNAUTHENTICATED, RATE_LIMITED); DatabaseError.
        """
        self._payers.begin(request.address, token_hash(request.token))
        try:
            return await self._viewing.text(request)
        except DatabaseError as error:
            self._report(error)
            raise

    async def _operation(self, request: GraphQLRequest) -> Operation:
        """The operation that a request means. RequestError as `KnownOperations.document` and `Document.choose` do."""
        view = await self._viewing.validating(request) if request.may_be_absent else None
        document = self._known.kept(request, view)
        if document is None:
            document = await self._turns.do(partial(self._known.document, request, view))
        return document.choose(request.operation_name)

    def _run(self, request: GraphQLRequest, operation: Operation, hashed: bytes | None) -> Coroutine[Any, Any, Result]:
        """What answers an operation that ends by itself. RequestError for one that does not, and for its variables."""
        variables = operation.coerce(request.variables)
        if operation.node.operation is OperationType.QUERY:
            return self._read(request, operation, variables, hashed)
        if operation.is_live:
            raise refusal(ErrorCode.NOT_ACCEPTABLE, request.language)
        if request.queries_only:
            raise refusal(ErrorCode.METHOD_NOT_ALLOWED, request.language)
        return self._writer.write(request, operation, variables)

    async def _read(
        self, request: GraphQLRequest, operation: Operation, variables: Variables, hashed: bytes | None
    ) -> Result:
        view = await self._viewing.of(request) if operation.introspects else None
        kind = request.kind
        statement = self._compiler.kept(operation, None, variables, kind, view)
        if statement is None:
            statement = await self._turns.do(partial(self._compiler.read, operation, variables, kind, view))
        if statement.cost.most + statement.cost.work > self._max_cost:
            check_cost((statement.cost,), variables, self._max_cost, request.language)
        if hashed is None:
            check_stranger(statement.cost.work)
        bindings = Bindings(variables, hashed, request.language)
        record = await self._database.read(statement.sql, statement.arguments(bindings))
        if hashed is not None:
            if record[2] is None:
                raise refusal(ErrorCode.UNAUTHENTICATED, request.language)
            self.uses.add(record[2])
            self._payers.know(hashed, record[-1])
        result = result_of(request, statement, record)
        if request.wants_cost:
            return result._replace(cost=(statement.cost.requested(variables), self._max_cost))
        return result

    async def _subscribe(self, request: GraphQLRequest, operation: Operation) -> Subscription:
        variables = operation.coerce(request.variables)
        if self._compiler.kept(operation, None, variables, request.kind) is None:
            await self._turns.do(partial(self._compiler.live, operation, variables, request.kind))
        return self._paying(await self._live.subscribe(request, operation, variables))

    def _paying(self, subscription: Subscription) -> Subscription:
        """A subscription that is opened; from now on its account pays."""
        hashed = token_hash(subscription.request.token)
        if hashed is not None:
            self._payers.know(hashed, subscription.account)
        self._payers.begin(subscription.request.address, hashed)
        return subscription

    def _refused(self, refused: RequestError, hashed: bytes | None) -> Result:
        """The answer to a request that is refused; a token that is known no more is nobody's."""
        if hashed is not None and refused.entry.code is ErrorCode.UNAUTHENTICATED:
            self._payers.know(hashed, None)
        return Result(None, refused.entries)


def _ignore(_error: DatabaseError) -> None:
    """Nobody wants to know."""
