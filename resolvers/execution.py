"""From a request to its result.

A query is one statement, a mutation one transaction per root field whose payload the same compiler reads.
"""

from collections.abc import Callable
from functools import cache

from db.database import Database
from db.errors import DatabaseError
from db.secrets import Keyring
from db.tables import metadata
from resolvers.answers import refusal, result_of, token_hash
from resolvers.checks import check_mutations, check_schema
from resolvers.compilation import Bindings
from resolvers.compiler import Compiler
from resolvers.fields import HOMES, RESOLVERS
from resolvers.inputs import Variables
from resolvers.layout import Layout
from resolvers.mutating import Writer
from resolvers.mutations import MUTATIONS
from resolvers.operation import Documents, Operation
from resolvers.request import GraphQLRequest, RequestError, Result
from resolvers.sessions import Uses
from resolvers.viewing import Viewing
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
    every DatabaseError that a request meets, whatever becomes of the request. `keyring` has the keys for secrets.
    """

    def __init__(
        self,
        database: Database,
        compiler: Compiler | None = None,
        *,
        shows_secrets: bool = False,
        report: Callable[[DatabaseError], None] | None = None,
        keyring: Keyring | None = None,
    ) -> None:
        self._database = database
        self._compiler = compiler or default_compiler()
        self._documents = Documents(self._compiler.schema)
        self._report = report or _ignore
        self.uses = Uses()
        self._viewing = Viewing(database, self._compiler.schema, self.uses)
        self._writer = Writer(
            database, self._compiler, keyring or Keyring(), self.uses, self._report, shows_secrets=shows_secrets
        )

    @property
    def shows_secrets(self) -> bool:
        """Whether what would be mailed is shown instead."""
        return self._writer.shows_secrets

    @shows_secrets.setter
    def shows_secrets(self, shows: bool) -> None:
        self._writer.shows_secrets = shows

    async def execute(self, request: GraphQLRequest) -> Result:
        """The result of a request; one that is refused as a whole has no data.

        DatabaseError when the database does not answer.
        """
        try:
            view = await self._viewing.validating(request) if request.may_be_absent else None
            operation = self._documents.find(request.query, view).choose(request.operation_name)
            variables = operation.coerce(request.variables)
            if not operation.is_mutation:
                return await self._read(request, operation, variables)
            if request.queries_only:
                raise refusal(ErrorCode.METHOD_NOT_ALLOWED, request.language)
            return await self._writer.write(request, operation, variables)
        except RequestError as refused:
            return Result(None, refused.entries)
        except DatabaseError as error:
            self._report(error)
            raise

    async def schema_text(self, request: GraphQLRequest) -> str:
        """The schema as who sends a request sees it, as SDL. RequestError (UNAUTHENTICATED); DatabaseError."""
        try:
            return self._viewing.text(await self._viewing.of(request))
        except DatabaseError as error:
            self._report(error)
            raise

    async def _read(self, request: GraphQLRequest, operation: Operation, variables: Variables) -> Result:
        view = await self._viewing.of(request) if operation.introspects else None
        statement = self._compiler.read(operation, variables, request.kind, view)
        bindings = Bindings(variables, token_hash(request.token), request.language)
        record = await self._database.read(statement.sql, statement.arguments(bindings))
        if request.token is not None:
            if record[2] is None:
                raise refusal(ErrorCode.UNAUTHENTICATED, request.language)
            self.uses.add(record[2])
        return result_of(request, statement, record)


def _ignore(_error: DatabaseError) -> None:
    """Nobody wants to know."""
