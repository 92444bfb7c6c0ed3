"""Runs mutations of one statement, which judges, writes and reads the payload; with a second one if need be.

They are the declared writes of entities, and changes of access.
"""

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Final, cast

import asyncpg
from asyncpg import Record

from db.database import Database
from db.errors import DatabaseError, DatabaseTimeout
from db.shielded import Disturbed
from db.tokens import CredentialKind
from resolvers.compilation.compiler import Compiler
from resolvers.compilation.context import Bindings
from resolvers.compilation.statement import ACCOUNT, CREDENTIAL, POSITION, Statement
from resolvers.execution.change_hints import ChangeHints
from resolvers.execution.compiled_fields import Compiled, FieldCompiler, accepted
from resolvers.execution.credential_use import Uses
from resolvers.execution.failures import failure
from resolvers.execution.payloads import Payload, failed
from resolvers.execution.results import hash_of, result_of
from resolvers.execution.shielded_tasks import to_the_end
from resolvers.fair_use.exceeded_quotas import Debts
from resolvers.fair_use.payers import Payers
from resolvers.fair_use.turns import Turns
from resolvers.mutations.company_lock import wait_as_owner
from resolvers.mutations.context import OF_ACCESS, OF_ACCOUNT, OF_COMPANY, Quota, Unauthenticated, find_caller
from resolvers.mutations.steps.lapsed_grants import end_in_company
from resolvers.operation.arguments import Variables
from resolvers.operation.operation import Operation
from resolvers.operation.selection import SelectedField
from resolvers.request import GraphQLRequest, RequestError, Result
from resolvers.user_problems import problems_json
from resolvers.writing.intent import Intent, StatementWriter
from resolvers.writing.judging import TRIAL
from resolvers.writing.outcome import Outcome, Refusal, outcome_of
from resolvers.writing.unversioned.waiting import Lines, until_free
from schema.errors import ErrorCode
from schema.localization.language import Language

TRIES: Final = 10
"""Maximum number of runs of a statement while others overtake it: a busy owner changes rights many times a second."""

OVERTAKEN: Final = (
    asyncpg.UniqueViolationError,
    asyncpg.ForeignKeyViolationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)
"""What the statement is run again for: to find the row that was there first or is gone, after a deadlock, or to judge
anew where a right has ended while it waited (`LASTING` of `resolvers/writing/statement.py`)."""

DONE: Final = (None, Refusal.REPLAYED)
"""The outcomes of a write that stands, now or since an earlier request."""

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
    """Runs the mutations of one statement that a compiler has, on a database.

    `report` is called with every DatabaseError that is met after a write.
    """

    database: Database
    compiler: Compiler
    uses: Uses
    report: Callable[[DatabaseError], None]
    payers: Payers
    turns: Turns
    hints: ChangeHints
    debts: Debts = field(default_factory=Debts)
    debts_of_access: Debts = field(default_factory=Debts)
    writers: Mapping[str, StatementWriter] = field(init=False)
    _lines: Lines = field(init=False, default_factory=Lines)

    def __post_init__(self) -> None:
        self.writers = cast("Mapping[str, StatementWriter]", self.compiler.writers)  # as `default_compiler` makes it

    def takes_key(self, name: str) -> bool:
        """True for a root field that takes an idempotency key."""
        return name in self.writers and self.writers[name].takes_key

    async def write(
        self,
        request: GraphQLRequest,
        selected: SelectedField,
        compiler: FieldCompiler,
        compiled: Compiled | None,
        quota: Quota | None,
    ) -> Result | Payload:
        """Write, and return the result, or the payload that is still to be read.

        Raises Unauthenticated, RequestError for a value that no client may send, DatabaseError, and CancelledError when
        nothing was written; Disturbed has what is to be returned to a request that was cancelled meanwhile.
        """
        if request.token is None:
            raise Unauthenticated
        writer = self.writers[selected.name]
        if not _is_open_to(request.kind, writer):
            return await self._refuse(request, selected)
        field_ = accepted(compiled)
        assert field_.write is not None, "declared mutations write by a statement"
        if not field_.write.is_whole and field_.payload is not None:
            field_.payload.arguments(Bindings(compiler.variables))  # refuses what no client may send, before the write
        intent = writer.read(field_.input, request.idempotency_key)
        work = Work(request, compiler.operation, selected, compiler.variables, writer, intent, field_.write)
        spent = self._debts(writer).open() if quota is not None else []
        if request.stages is not None:
            request.stages.ran(field_.write.sql)
        try:
            record = await self._record(work, spent)
        except Disturbed as disturbed:
            raise Disturbed(await self._answer(work, disturbed.result, quota)) from None
        return await self._answer(work, record, quota)

    async def _answer(self, work: Work, record: Record, quota: Quota | None) -> Result | Payload:
        """The answer for the row of the statement. Raises Unauthenticated."""
        outcome = self._identified(work, record)
        if outcome.refused in DONE or work.intent.written(outcome) > 0:
            return await self._answer_done(work, record, outcome, quota)
        if outcome.refused is Refusal.UNCHANGED and not work.writer.takes_key and work.statement.is_whole:
            return self._written(work, record, outcome)  # of what is so already
        return await self._refused(work, record[ACCOUNT], outcome, committed=False)

    async def _answer_done(self, work: Work, record: Record, outcome: Outcome, quota: Quota | None) -> Result | Payload:
        """The answer to a write that stands, now or since an earlier request: whatever fails says that it does."""
        try:
            if work.intent.written(outcome) > 0:
                if outcome.company is not None and work.writer.takes_key:
                    self.hints.add(outcome.company)
                self._count(work, record[ACCOUNT], outcome, quota)
            if outcome.refused is None and not (work.statement.is_whole and outcome.has_warnings):
                return self._written(work, record, outcome)
            return await self._refused(work, record[ACCOUNT], outcome, committed=True)
        except RequestError as refused:  # the answer is too large, or costs too much
            return failed(refused.entry.code, outcome.language, work.selected, WRITTEN, refused.entry.message)
        except DatabaseError as error:
            self.report(error)
            code = failure(error)
        except Exception:
            LOG.exception("what request %s has written could not be answered", work.request.request_id)
            code = ErrorCode.INTERNAL
        return work.failed(code, outcome.language, WRITTEN)

    def _debts(self, writer: StatementWriter) -> Debts:
        """Those who may not write this now: changes of access wait for none but changes of access."""
        return self.debts_of_access if writer.changes_access else self.debts

    async def _refuse(self, request: GraphQLRequest, selected: SelectedField) -> Result:
        """The refusal of a credential that may not write this at all. Raises Unauthenticated."""
        async with self.database.statements() as connection:
            caller = await find_caller(connection, request)
        if caller is None:
            raise Unauthenticated
        self.uses.add(caller.credential)
        return failed(ErrorCode.FORBIDDEN, caller.language, selected)

    async def _record(self, work: Work, spent: list[uuid.UUID]) -> Record:
        """The row of the statement, or of its last run."""
        if work.writer.changes_access:
            return await self._change_access(work, spent)
        return await (self._run(work, spent) if work.writer.takes_key else self._settle(work, spent))

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

    async def _settle(self, work: Work, spent: list[uuid.UUID]) -> Record:
        """The row of the statement of what has no version, run again while another write overtakes it.

        The rows that were `busy` are waited for between two runs.
        """
        arguments = work.statement.arguments(self._bindings(work, spent)[1])
        record = await self._once(work, arguments)
        if record["outcome"] != Refusal.RACED:
            return record
        async with self._lines.standing(record["company_id"] or record[ACCOUNT]):
            for _ in range(TRIES):
                await until_free(self.database, record["busy"])
                record = await self._once(work, arguments)
                if record["outcome"] != Refusal.RACED:
                    return record
        raise DatabaseTimeout("Other writes overtook this one every time.")

    async def _once(self, work: Work, arguments: Sequence[object]) -> Record:
        record = await self.database.write(work.statement.sql, arguments)
        assert record is not None, "the statement always has a row"
        return record

    async def _change_access(self, work: Work, spent: list[uuid.UUID]) -> Record:
        """The row of the statement; run once more under the lock, if another change has the company's row or is due.

        The statement does not wait for it, since it would then judge by what was there before. Changes that meet wait
        here for each other.
        """
        arguments = work.statement.arguments(self._bindings(work, spent)[1])
        record = await self._once(work, arguments)
        if record["outcome"] != Refusal.RACED:
            return record
        return await to_the_end(self._change_under_lock(work, record["company_id"], arguments))

    async def _change_under_lock(self, work: Work, company: uuid.UUID, arguments: Sequence[object]) -> Record:
        """The row of the statement, run while no other change of access has the company's row."""
        async with self.database.transaction() as connection:
            caller = await find_caller(connection, work.request, patiently=True)
            if caller is None:
                raise Unauthenticated
            if await wait_as_owner(connection, company, caller.account):
                await end_in_company(connection, company)
            record = await connection.fetchrow(work.statement.sql, *arguments)
        if record is None or record["outcome"] == Refusal.RACED:
            raise DatabaseTimeout("Other changes of access overtook this one every time.")
        return record

    def _bindings(self, work: Work, spent: list[uuid.UUID]) -> tuple[dict[str, object], Bindings]:
        """The values that the statement writes, which may still change, and the bindings with them."""
        values = work.intent.bindings(spent)
        return values, Bindings(work.variables, hash_of(work.request), work.request.language, values)

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
        hashed = hash_of(work.request)
        assert hashed is not None
        self.payers.know(hashed, record[ACCOUNT])
        if work.request.stages is not None:
            work.request.stages.identified = True
        return outcome_of(record)

    def _count(self, work: Work, account: uuid.UUID, outcome: Outcome, quota: Quota | None) -> None:
        """Count the written rows; what goes beyond the quota waits from now on."""
        if quota is None:
            return
        counted = [(account, OF_ACCESS if work.writer.changes_access else OF_ACCOUNT, outcome.confirmed)]
        if outcome.company is not None and not work.writer.changes_access:
            counted.append((outcome.company, OF_COMPANY, True))
        for who, name, confirmed in counted:
            wait = quota.charge(name + who.bytes, work.intent.written(outcome), confirmed=confirmed)
            if wait:
                self._debts(work.writer).add(who, wait)

    def _written(self, work: Work, record: Record, outcome: Outcome) -> Result | Payload:
        """The result of a write, or the payload that is still to be read."""
        if work.statement.is_whole:
            return result_of(work.request, work.statement, record, position=record[POSITION])
        return self._payload(work, outcome, committed=True)

    async def _refused(self, work: Work, account: uuid.UUID, outcome: Outcome, *, committed: bool) -> Result | Payload:
        """The payload with reasons or warnings, of what the caller may see; FORBIDDEN and RATE_LIMITED have none."""
        if outcome.refused is Refusal.FORBIDDEN:
            return work.failed(ErrorCode.FORBIDDEN, outcome.language)
        if outcome.refused is Refusal.RATE_LIMITED:
            who = (account,) if outcome.company is None else (account, outcome.company)
            wait = self._debts(work.writer).wait(*who)
            return work.failed(ErrorCode.RATE_LIMITED, outcome.language, {"retryAfter": wait})
        if self.compiler.kept(work.operation, work.selected.key, work.variables, work.request.kind) is None:
            try:
                await to_the_end(self.turns.do(partial(self._payload_statement, work)))
            except Disturbed:
                raise Disturbed(self._payload(work, outcome, committed=committed)) from None
        return self._payload(work, outcome, committed=committed)

    def _payload_statement(self, work: Work) -> Statement:
        return self.compiler.payload(work.operation, work.selected, work.variables, work.request.kind)

    def _payload(self, work: Work, outcome: Outcome, *, committed: bool) -> Payload:
        """The payload that is read by an ordinary statement, under the caller's rights of that moment."""
        problems = problems_json(work.intent.problems(outcome), outcome.language)
        values = {**work.intent.values(outcome), "errors": problems}
        bindings = Bindings(work.variables, hash_of(work.request), outcome.language, values)
        return Payload(work.selected, self._payload_statement(work), bindings, None, committed=committed)


def _is_open_to(kind: CredentialKind, writer: StatementWriter) -> bool:
    """True when callers with this kind of credential may write at all."""
    return kind is CredentialKind.SESSION or (kind is CredentialKind.API_KEY and not writer.for_sessions)
