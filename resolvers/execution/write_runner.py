"""Runs mutations of one statement, which judges, writes and reads the payload; with a second one if need be.

They are the declared writes of entities, and changes of access.
"""

import logging
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import asyncpg
from asyncpg import Record

from db.database import Database
from db.errors import DatabaseTimeout
from db.tokens import CredentialKind
from resolvers.compilation.compiler import Compiler
from resolvers.compilation.context import Bindings
from resolvers.compilation.cost import Cost, cost_of_write
from resolvers.compilation.statement import ACCOUNT, CREDENTIAL, Statement
from resolvers.execution.change_hints import ChangeHints
from resolvers.execution.credential_use import Uses
from resolvers.execution.payloads import Payload, failed
from resolvers.execution.results import result_of, token_hash
from resolvers.fair_use.debts import Debts
from resolvers.fair_use.payers import Payers
from resolvers.fair_use.turns import Turns
from resolvers.mutations.company_lock import wait_as_owner
from resolvers.mutations.context import Quota, Unauthenticated, find_caller
from resolvers.operation.arguments import Variables
from resolvers.operation.operation import Operation
from resolvers.operation.selection import SelectedField
from resolvers.request import GraphQLRequest, RequestError, Result
from resolvers.user_problems import problems_json
from resolvers.writing.intent import Intent, StatementWriter
from resolvers.writing.judging import TRIAL
from resolvers.writing.outcome import Outcome, Refusal, outcome_of
from resolvers.writing.registry import statement_writers
from schema.errors import ErrorCode
from schema.localization.language import Language

TRIES: Final = 3
"""Maximum number of runs of a statement that another one overtakes."""

OVERTAKEN: Final = (
    asyncpg.UniqueViolationError,
    asyncpg.ForeignKeyViolationError,
    asyncpg.DeadlockDetectedError,
)
"""What the statement is run again for: to find the row that was there first or is gone, or after a deadlock."""

WRITTEN: Final = MappingProxyType({"written": True})
LOG: Final = logging.getLogger("enfact.execution")


@dataclass(frozen=True, slots=True)
class Work:
    """One root field of a request: its writer, its input, and what it is an answer to."""

    request: GraphQLRequest
    operation: Operation
    selected: SelectedField
    variables: Variables
    writer: StatementWriter
    intent: Intent
    statement: Statement

    def failed(self, code: ErrorCode, language: Language, extensions: Mapping[str, object] | None = None) -> Result:
        """The field without data."""
        return failed(code, language, self.selected, extensions or {})


@dataclass(slots=True)
class WriteRunner:
    """Runs the mutations of one statement that a compiler has, on a database."""

    database: Database
    compiler: Compiler
    uses: Uses
    payers: Payers
    turns: Turns
    hints: ChangeHints
    debts: Debts = field(default_factory=Debts)
    writers: Mapping[str, StatementWriter] = field(init=False)

    def __post_init__(self) -> None:
        self.writers = statement_writers(self.compiler.layout) if self.compiler.writers else {}

    def takes_key(self, name: str) -> bool:
        """True for a root field that takes an idempotency key."""
        return name in self.writers and not self.writers[name].changes_access

    def costs(
        self,
        request: GraphQLRequest,
        operation: Operation,
        selected: SelectedField,
        variables: Variables,
        input_: Mapping[str, Any],
    ) -> Iterator[Cost]:
        """The costs of a root field: of its rows, of its statement, and of the payload that is read after it."""
        statement = self.compiler.write(operation, selected, variables, request.kind)
        yield cost_of_write(self.writers[selected.name].rows(input_), 0, selected.key)
        yield statement.cost
        if not statement.is_whole:
            yield self.compiler.payload(operation, selected, variables, request.kind).cost

    async def write(
        self,
        request: GraphQLRequest,
        operation: Operation,
        selected: SelectedField,
        variables: Variables,
        input_: Mapping[str, Any],
        quota: Quota | None,
    ) -> Result | Payload:
        """Write, and return the result, or the payload that is still to be read.

        Raises Unauthenticated, RequestError for a value that no client may send, and DatabaseError.
        """
        if request.token is None:
            raise Unauthenticated
        writer = self.writers[selected.name]
        if not _is_open_to(request.kind, writer):
            return await self._refuse(request, selected)
        statement = self.compiler.write(operation, selected, variables, request.kind)
        if not statement.is_whole:  # a value that no client may send is refused before anything is written
            self.compiler.payload(operation, selected, variables, request.kind).arguments(Bindings(variables))
        intent = writer.read(input_, request.idempotency_key)
        work = Work(request, operation, selected, variables, writer, intent, statement)
        spent = self.debts.open() if quota is not None else []
        record = await (self._change_access(work, spent) if writer.changes_access else self._run(work, spent))
        outcome = self._identified(work, record)
        rows = intent.written(outcome)
        if rows > 0:
            if outcome.company is not None and not writer.changes_access:
                self.hints.add(outcome.company)
            self._count(work, record[ACCOUNT], outcome, quota)
        if outcome.refused is None:
            return self._written(work, record, outcome)
        return await self._refused(work, record[ACCOUNT], outcome, committed=rows > 0)

    async def _refuse(self, request: GraphQLRequest, selected: SelectedField) -> Result:
        """The refusal of a credential that may not write this at all. Raises Unauthenticated."""
        async with self.database.statements() as connection:
            caller = await find_caller(connection, request)
        if caller is None:
            raise Unauthenticated
        self.uses.add(caller.credential)
        return failed(ErrorCode.FORBIDDEN, caller.language, selected)

    async def _run(self, work: Work, spent: list[uuid.UUID]) -> Record:
        """The row of the statement, run again while another write overtakes it.

        After a unique index has refused the row, a trial finds the member whose value is taken, or the key.
        """
        values, bindings = self._bindings(work, spent)
        arguments = work.statement.arguments(bindings)
        for tries in range(TRIES, 0, -1):
            record = await self._try(work.statement, arguments)
            if record is None and not work.writer.has_trial:
                continue
            if record is None:
                values[TRIAL] = True
                trial = await self._try(full := await self._in_full(work), full.arguments(bindings))
                if trial is not None and trial["outcome"] != Refusal.VALID:
                    return trial
            elif record["outcome"] != Refusal.RACED or tries == 1:
                return record
        raise DatabaseTimeout("Other writes overtook this one every time.")

    async def _change_access(self, work: Work, spent: list[uuid.UUID]) -> Record:
        """The row of the statement; run once more under the lock, if another change has the company's row.

        The statement never waits, since it would then judge by what was there before. Changes that meet wait here for
        each other, in the order in which they came.
        """
        arguments = work.statement.arguments(self._bindings(work, spent)[1])
        record = await self.database.write(work.statement.sql, arguments)
        assert record is not None, "the statement always has a row"
        if record["outcome"] != Refusal.RACED:
            return record
        async with self.database.transaction() as connection:
            caller = await find_caller(connection, work.request, patiently=True)
            if caller is None:
                raise Unauthenticated
            await wait_as_owner(connection, record["company_id"], caller.account)
            record = await connection.fetchrow(work.statement.sql, *arguments)
        if record is None or record["outcome"] == Refusal.RACED:
            raise DatabaseTimeout("Other changes of access overtook this one every time.")
        return record

    def _bindings(self, work: Work, spent: list[uuid.UUID]) -> tuple[dict[str, object], Bindings]:
        """The values that the statement writes, which may still change, and the bindings with them."""
        values = work.intent.bindings(spent)
        return values, Bindings(work.variables, token_hash(work.request.token), work.request.language, values)

    async def _in_full(self, work: Work) -> Statement:
        """The statement that finds whatever may be wrong with an input."""
        compile_ = partial(self.compiler.write, work.operation, work.selected, work.variables, work.request.kind)
        return await self.turns.do(partial(compile_, in_full=True))

    async def _try(self, statement: Statement, arguments: Sequence[object]) -> Record | None:
        """The row of the statement; None when another write was there first, so that nothing was written."""
        try:
            return await self.database.write(statement.sql, arguments, OVERTAKEN)
        except OVERTAKEN:
            return None

    def _identified(self, work: Work, record: Record) -> Outcome:
        """The outcome of a statement that knew the credential. Raises Unauthenticated."""
        if record[CREDENTIAL] is None:
            raise Unauthenticated
        self.uses.add(record[CREDENTIAL])
        hashed = token_hash(work.request.token)
        assert hashed is not None
        self.payers.know(hashed, record[ACCOUNT])
        if work.request.stages is not None:
            work.request.stages.identified = True
        return outcome_of(record)

    def _count(self, work: Work, account: uuid.UUID, outcome: Outcome, quota: Quota | None) -> None:
        """Count the written rows for the account and the company; what goes beyond the quota waits from now on."""
        if quota is None or outcome.company is None:
            return
        counted = [(account, b"account:", outcome.confirmed)]
        if not work.writer.changes_access:
            counted.append((outcome.company, b"company:", True))
        for who, name, confirmed in counted:
            wait = quota.charge(name + who.bytes, work.intent.written(outcome), confirmed=confirmed)
            if wait:
                self.debts.add(who, wait)

    def _written(self, work: Work, record: Record, outcome: Outcome) -> Result | Payload:
        """The result of a write: it stands, even if its payload cannot be read."""
        if not work.statement.is_whole:
            return self._payload(work, outcome, committed=True)
        try:
            return result_of(work.request, work.statement, record)
        except RequestError as refused:  # the answer is too large
            return work.failed(refused.entry.code, outcome.language, WRITTEN)
        except Exception:
            LOG.exception("a payload of request %s could not be read", work.request.request_id)
            return work.failed(ErrorCode.INTERNAL, outcome.language, WRITTEN)

    async def _refused(self, work: Work, account: uuid.UUID, outcome: Outcome, *, committed: bool) -> Result | Payload:
        """The payload with the reasons, of what the caller may see; FORBIDDEN and RATE_LIMITED have none."""
        if outcome.refused is Refusal.FORBIDDEN:
            return work.failed(ErrorCode.FORBIDDEN, outcome.language)
        if outcome.refused is Refusal.RATE_LIMITED:
            assert outcome.company is not None
            wait = self.debts.wait(*((account,) if work.writer.changes_access else (account, outcome.company)))
            return work.failed(ErrorCode.RATE_LIMITED, outcome.language, {"retryAfter": wait})
        if self.compiler.kept(work.operation, work.selected.key, work.variables, work.request.kind) is None:
            await self.turns.do(partial(self._payload_statement, work))
        return self._payload(work, outcome, committed=committed or outcome.refused is Refusal.REPLAYED)

    def _payload_statement(self, work: Work) -> Statement:
        return self.compiler.payload(work.operation, work.selected, work.variables, work.request.kind)

    def _payload(self, work: Work, outcome: Outcome, *, committed: bool) -> Payload:
        """The payload that is read by an ordinary statement, under the caller's rights of that moment."""
        problems = problems_json(work.intent.problems(outcome), outcome.language)
        values = {**work.intent.values(outcome), "errors": problems}
        bindings = Bindings(work.variables, token_hash(work.request.token), outcome.language, values)
        return Payload(work.selected, self._payload_statement(work), bindings, None, committed=committed)


def _is_open_to(kind: CredentialKind, writer: StatementWriter) -> bool:
    """True when callers with this kind of credential may write at all."""
    return kind is CredentialKind.SESSION or (kind is CredentialKind.API_KEY and not writer.for_sessions)
