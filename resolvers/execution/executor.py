"""The entry point of execution: takes a request, returns its result.

A query is one statement. A root field of a mutation is one statement, too, or one transaction; the same compiler reads
what the payload selects beyond that.
"""

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar

from asyncpg import Record
from graphql import OperationType

from db.database import Database
from db.errors import DatabaseError
from db.replicas import Replicas
from db.secrets import Keyring
from resolvers.compilation.compiler import Compiler
from resolvers.compilation.context import Bindings
from resolvers.compilation.cost import check_cost
from resolvers.compilation.statement import ACCOUNT, CREDENTIAL, Statement
from resolvers.execution.change_feed import ChangeFeed
from resolvers.execution.change_hints import ChangeHints
from resolvers.execution.credential_use import Uses
from resolvers.execution.mutation_runner import MutationRunner
from resolvers.execution.open_operations import needs_nobody
from resolvers.execution.product import default_compiler
from resolvers.execution.replica_reads import NO_FIGURES, ReplicaReads
from resolvers.execution.results import hash_of, refusal, result_of
from resolvers.execution.subscriptions import LiveOperation, Subscriptions
from resolvers.execution.viewer_schema import SchemaText, ViewerSchemas, WriteText, write_sdl
from resolvers.execution.wakeups import WakeUps
from resolvers.fair_use.budget import check_stranger
from resolvers.fair_use.exceeded_quotas import Debts
from resolvers.fair_use.payers import Payers
from resolvers.fair_use.turns import Turns
from resolvers.mutations.context import Quota
from resolvers.operation.arguments import Variables
from resolvers.operation.documents import Documents
from resolvers.operation.operation import Operation
from resolvers.operation.persisted import PersistedDocuments
from resolvers.request import GraphQLRequest, RequestError, Result
from resolvers.request_limits import MAX_COST
from resolvers.stages import Stage
from schema.errors import ErrorCode
from schema.hidden_fields import HiddenFields

WAYS_OF_SUBSCRIBING: Final = (
    "A subscription is a stream: open a WebSocket (graphql-transport-ws), or accept text/event-stream or "
    "multipart/mixed;subscriptionSpec=1.0."
)

T = TypeVar("T")
Run: TypeAlias = Callable[[GraphQLRequest, Operation, bytes | None], Coroutine[Any, Any, T]]
"""Begins the answer to an operation; takes the request, the operation and the hash of the token."""


class Executor:
    """Answers GraphQL requests on a database.

    `shows_secrets` may change at any time (a demo without mail shows what would be mailed). `report` is called with
    every DatabaseError that a request meets, also where it is answered as an error of one field. `keyring` has the
    keys for secrets, `known` the persisted documents. An operation that costs more than `max_cost` is refused.
    """

    def __init__(
        self,
        database: Database,
        compiler: Compiler | None = None,
        *,
        shows_secrets: bool = False,
        report: Callable[[DatabaseError], None] | None = None,
        keyring: Keyring | None = None,
        known: PersistedDocuments | None = None,
        max_cost: int = MAX_COST,
    ) -> None:
        self._database = database
        self._replicas: ReplicaReads | None = None
        self._turns = Turns()
        self._payers = Payers()
        self._compiler = compiler or default_compiler()
        self._known = known or PersistedDocuments(Documents(self._compiler.schema))
        self._report = report or _ignore
        self.uses = Uses()
        self.hints = ChangeHints()
        self._max_cost = max_cost
        self._viewing = ViewerSchemas(database, self._compiler.schema, self.uses, self._turns)
        self._writer = MutationRunner(
            database,
            self._compiler,
            keyring or Keyring(),
            self.uses,
            self._report,
            max_cost,
            turns=self._turns,
            payers=self._payers,
            hints=self.hints,
            shows_secrets=shows_secrets,
        )
        self._live = Subscriptions(database, self._compiler, self.uses, self._report, max_cost=max_cost)
        self.feed = ChangeFeed(database, self._live.wakes, self._report)

    def figures(self) -> Mapping[str, float]:
        """Documents and statements (kept, found, not found), pieces of preparing and their seconds; what is live."""
        documents, document_hits, document_misses = self._known.documents.figures()
        statements, statement_hits, statement_misses = self._compiler.statements.figures()
        return {
            "enfact_documents_kept": documents,
            "enfact_document_hits_total": document_hits,
            "enfact_document_misses_total": document_misses,
            "enfact_statements_kept": statements,
            "enfact_statement_hits_total": statement_hits,
            "enfact_statement_misses_total": statement_misses,
            "enfact_preparations_total": self._turns.pieces,
            "enfact_preparation_seconds_total": self._turns.seconds,
            "enfact_echoes_total": self.wakes.echoes,
            "enfact_echo_seconds_total": self.wakes.echo_seconds,
            "enfact_subscriptions": len(self.wakes),
            **(self._replicas.figures() if self._replicas is not None else NO_FIGURES),
        }

    @property
    def wakes(self) -> WakeUps:
        """The wake-ups of the subscriptions, to be called when something has changed."""
        return self._live.wakes

    @property
    def shows_secrets(self) -> bool:
        """True when payloads show the secrets that would be mailed."""
        return self._writer.shows_secrets

    @shows_secrets.setter
    def shows_secrets(self, shows: bool) -> None:
        self._writer.shows_secrets = shows

    def limit_writes(self, quota: Quota | None, clock: Callable[[], float] | None = None) -> None:
        """Refuse from now on each mutation that writes more rows than the quota allows; None: no limit.

        A `clock` tells the seconds that those who wrote more have to wait; whoever waits now, does no longer.
        """
        self._writer.quota = quota
        if clock is not None:
            self._writer.declared.debts, self._writer.declared.debts_of_access = Debts(clock), Debts(clock)

    def ask(self, replicas: Replicas) -> None:
        """Let replicas answer queries from now on, wherever they may."""
        self._replicas = self._viewing.replicas = ReplicaReads(self._database, replicas)

    def forbid(self, fields: frozenset[str]) -> None:
        """Answer these root fields of Mutation with FORBIDDEN from now on."""
        assert not fields & self._compiler.writers.keys(), "declared mutations are judged in their statement"
        self._writer.forbidden = fields

    def execute(self, request: GraphQLRequest) -> Coroutine[Any, Any, Result]:
        """The result of a query or mutation; without data when the request is refused as a whole.

        A subscription is refused (NOT_ACCEPTABLE). Raises DatabaseError when the database does not answer.
        """
        return self._answer(request, self._run)

    def start(self, request: GraphQLRequest) -> Coroutine[Any, Any, Result | LiveOperation]:
        """The result of a query or mutation, or the open subscription. Raises DatabaseError as `execute` does."""
        return self._answer(request, self._run_or_subscribe)

    async def watch(self, request: GraphQLRequest) -> LiveOperation:
        """A live operation without results, which raises AccessLost once the request's credential is no longer valid.

        Raises RequestError (UNAUTHENTICATED) when it is not valid now, DatabaseError when the database does not answer.
        """
        self._payers.begin(request.address, hash_of(request))
        return self._paying(await self._live.watch(request))

    async def schema_text(self, request: GraphQLRequest, write: WriteText = write_sdl) -> SchemaText:
        """The schema as the request's sender sees it, written by `write`, as SDL by default.

        Raises RequestError (UNAUTHENTICATED, RATE_LIMITED) and DatabaseError.
        """
        self._payers.begin(request.address, hash_of(request))
        try:
            return await self._viewing.text(request, write)
        except DatabaseError as error:
            self._report(error)
            raise

    async def _answer(self, request: GraphQLRequest, run: Run[T]) -> T | Result:
        """The answer that `run` gives to the operation of a request; a refusal of the request is a result."""
        hashed = hash_of(request)
        self._payers.begin(request.address, hashed)
        try:
            operation = self._kept(request) or await self._operation(request)
            if request.stages is not None:
                request.stages.chose(operation.node.operation.value, operation.name, operation.digest)
            return await run(request, operation, hashed)
        except RequestError as refused:
            if hashed is None or refused.entry.code is not ErrorCode.UNAUTHENTICATED:
                return Result(None, refused.entries)
            unknown = refused
        except DatabaseError as error:
            self._report(error)
            raise
        self._payers.know(hashed, None)
        return await self._answer_nobody(request, run, unknown)

    async def _answer_nobody(self, request: GraphQLRequest, run: Run[T], refused: RequestError) -> T | Result:
        """The answer to a request with a credential that is not valid: a refusal, unless it needs nobody."""
        nobody = request._replace(token=None)
        try:
            operation = await self._operation(nobody)
            if needs_nobody(operation, self._compiler.schema):
                return await run(nobody, operation, None)
        except RequestError as other:
            return Result(None, other.entries if other.entry.code is ErrorCode.COST_EXCEEDED else refused.entries)
        except DatabaseError as error:
            self._report(error)
            raise
        return Result(None, refused.entries)

    def _kept(self, request: GraphQLRequest) -> Operation | None:
        """The operation that a request selects if it may see all names and its document is known, else None."""
        document = None if request.may_be_absent else self._known.kept(request)
        return document.choose(request.operation_name) if document is not None else None

    async def _operation(self, request: GraphQLRequest) -> Operation:
        """The operation that a request selects in its document, validated. Raises RequestError."""
        view = await self._viewing.validating(request) if request.may_be_absent else None
        document = self._known.kept(request, view)
        if document is None:
            document = await self._turns.do(partial(self._known.document, request, view))
        return document.choose(request.operation_name)

    def _run(self, request: GraphQLRequest, operation: Operation, hashed: bytes | None) -> Coroutine[Any, Any, Result]:
        """The coroutine that answers a query or mutation. Raises RequestError for a subscription and bad variables."""
        variables = operation.coerce(request.variables)
        if operation.node.operation is OperationType.QUERY:
            return self._read(request, operation, variables, hashed)
        if operation.is_live:
            raise RequestError(ErrorCode.NOT_ACCEPTABLE, WAYS_OF_SUBSCRIBING)
        if request.queries_only:
            raise refusal(ErrorCode.METHOD_NOT_ALLOWED, request.language)
        return self._writer.write(request, operation, variables)

    def _run_or_subscribe(
        self, request: GraphQLRequest, operation: Operation, hashed: bytes | None
    ) -> Coroutine[Any, Any, Result | LiveOperation]:
        if operation.is_live:
            return self._subscribe(request, operation)
        return self._run(request, operation, hashed)

    async def _read(
        self, request: GraphQLRequest, operation: Operation, variables: Variables, hashed: bytes | None
    ) -> Result:
        view = await self._viewing.of(request) if operation.introspects else None
        kind = request.kind
        reports = request.hidden_fields is HiddenFields.ERROR
        statement = self._compiler.kept(operation, None, variables, kind, view, has_reasons=reports)
        if statement is None:
            compile_ = partial(self._compiler.read, operation, variables, kind, view, has_reasons=reports)
            statement = await self._turns.do(compile_)
        if hashed is None:
            check_stranger(statement.cost.work)
        cost = self._weigh(request, statement, variables)
        bindings = Bindings(variables, hashed, request.language)
        arguments, stages = statement.arguments(bindings), request.stages
        if stages is not None:
            stages.end(Stage.COMPILE)
            stages.ran(statement.sql)
        stale = None
        if self._replicas is None:
            record = await self._database.read(statement.sql, arguments, brief=statement.is_brief)
        else:
            record, stale = await self._replicas.read(
                request, statement.sql, arguments, CREDENTIAL, brief=statement.is_brief
            )
        if hashed is not None:
            self._identify(request, record, hashed)
        if stages is not None:
            stages.end(Stage.EXECUTE)
            stages.identified = hashed is not None
        result = result_of(request, statement, record)
        if request.wants_cost or stale is not None:
            return result._replace(cost=(cost, self._max_cost) if request.wants_cost else None, stale=stale)
        return result

    def _weigh(self, request: GraphQLRequest, statement: Statement, variables: Variables) -> int:
        """The cost of a query; 0 if it is surely within the limit and nobody wants to know. Raises RequestError."""
        most, spending = statement.cost.most + statement.cost.work, request.spending
        if spending is None and not request.wants_cost and most <= self._max_cost:
            return 0
        cost = check_cost((statement.cost,), variables, self._max_cost, request.language)
        if spending is not None:
            spending.take(cost, self._max_cost)
        return cost

    def _identify(self, request: GraphQLRequest, record: Record, hashed: bytes) -> None:
        """Record the use of the credential, and who pays for it. Raises RequestError where nobody has the token."""
        if record[CREDENTIAL] is None:
            raise refusal(ErrorCode.UNAUTHENTICATED, request.language)
        self.uses.add(record[CREDENTIAL])
        self._payers.know(hashed, record[ACCOUNT])

    async def _subscribe(self, request: GraphQLRequest, operation: Operation) -> LiveOperation:
        variables = operation.coerce(request.variables)
        if self._compiler.kept(operation, None, variables, request.kind) is None:
            await self._turns.do(partial(self._compiler.live, operation, variables, request.kind))
        if (stages := request.stages) is None:
            return self._paying(await self._live.subscribe(request, operation, variables))
        stages.end(Stage.COMPILE)
        opened = await self._live.subscribe(request, operation, variables)
        stages.ran(opened.asked.statement.sql)
        stages.end(Stage.EXECUTE)
        return self._paying(opened)

    def _paying(self, subscription: LiveOperation) -> LiveOperation:
        """Returns the opened subscription; from now on its account pays for what it reads."""
        hashed = hash_of(subscription.request)
        if hashed is not None:
            self._payers.know(hashed, subscription.account)
        self._payers.begin(subscription.request.address, hashed)
        return subscription


def _ignore(_error: DatabaseError) -> None:
    """The default for `report`: does nothing."""
