"""Arrays of requests in one body: they run one after the other, and their answers are an array of the same length.

Each is an operation of its own in metrics, traces and the log. Together they have one deadline, one limit of cost and
of bytes, and each of them counts for the rates.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from gateway.backend import RequestExecutor
from gateway.http import negotiation, parameters
from gateway.http.body import Disconnected
from gateway.http.errors import HTTPFault, code_of, not_well_formed
from gateway.http.exchange import Exchange
from gateway.http.rendering import render
from gateway.http.response import Answer
from gateway.http.transport_state import TransportState
from resolvers.fair_use.budget import BOUNDS, Work, too_much
from resolvers.request import Client, ErrorEntry, GraphQLRequest, RequestError, Result, SessionCookie, Spending
from resolvers.stages import Stage
from schema.errors import NO_COOKIE_IN_ARRAY, ErrorCode, error_message

LARGEST: Final = BOUNDS[Work.ANSWER]
"""Maximum number of bytes of all answers together, as of one."""

Record: TypeAlias = Callable[[Exchange, Answer, float], None]
"""Records one operation and the seconds that it took in metrics, its span and the log."""


class ArrayClient:
    """The client of an array, which may leave while any of its requests is waited for, or between two of them."""

    def __init__(self, client: Client) -> None:
        self.is_gone = False
        self._call: Callable[[], None] | None = None
        client.when_gone(self._leave)

    def when_gone(self, call: Callable[[], None]) -> None:
        """Call `call` once the client is gone, instead of what was to be called before."""
        self._call = call
        if self.is_gone:
            call()

    def _leave(self) -> None:
        self.is_gone = True
        if self._call is not None:
            self._call()


class Batch:
    """An array of requests as it is run; `request` has what its members have in common."""

    def __init__(
        self,
        exchange: Exchange,
        request: GraphQLRequest,
        executor: RequestExecutor,
        shared: TransportState,
        record: Record,
    ) -> None:
        self._exchange = exchange
        self._executor = executor
        self._shared = shared
        self._log = shared.log
        self._record = record
        self._spending = Spending()
        self._client = ArrayClient(request.client) if request.client is not None else None
        self._request = request._replace(
            hindrance=lambda: NO_COOKIE_IN_ARRAY, client=self._client, spending=self._spending, stages=None
        )
        self._refusal: tuple[ErrorEntry, ...] | None = None
        self._bodies: list[bytes] = []
        self._size = 2
        self._whole = Result(None)

    async def run(self, members: Sequence[object]) -> Result:
        """The result of all members, with the array of their answers as its `response`.

        Raises HTTPFault when the array is refused as a whole, and Disconnected.
        """
        self._check(len(members))
        self._exchange.count_more(len(members) - 1)
        for member in members:
            await self._answer(member)
        self._exchange.is_recorded, self._exchange.stages = True, None
        return self._whole._replace(response=b"[" + b",".join(self._bodies) + b"]")

    def _check(self, length: int) -> None:
        """Refuse an array that is not for this client, or not of this form. Raises HTTPFault (406, 422)."""
        most = self._shared.max_batch
        if most < 2 or self._request.token is None:
            raise not_well_formed("Batches are not supported: send one operation per request.")
        if not 0 < length <= most:
            raise not_well_formed(f"An array has to have 1 to {most} requests.")
        if self._request.idempotency_key is not None:
            raise not_well_formed(
                "The header Idempotency-Key goes with one request; each input takes a key of its own."
            )
        accept = self._exchange.headers.get(b"accept", b"")[: negotiation.LONGEST]
        if negotiation.accepted(accept).media_type is None:
            message = "The answer to an array can only be application/json."
            raise HTTPFault(406, ErrorCode.NOT_ACCEPTABLE, message)

    async def _answer(self, member: object) -> None:
        """Run a member and add its answer. Raises Disconnected."""
        began, exchange = time.perf_counter(), self._exchange
        exchange.is_sampled = False
        if self._bodies and self._shared.tracer is not None:
            exchange.trace(self._shared.tracer)
        result = await self._result(member)
        if (task := asyncio.current_task()) is not None and task.cancelling() and self._refusal is None:
            self._refusal = (self._failure(asyncio.CancelledError()),)
        code = self._add(result)
        if exchange.traced is not None:
            exchange.traced.end(Stage.RENDER)
        if self._shared.metrics is not None and (result.hidden or result.errors):
            self._shared.metrics.closed(result)
        self._record(exchange, Answer(200, self._bodies[-1], code=code), time.perf_counter() - began)

    async def _result(self, member: object) -> Result:
        """The result of a member; a refusal once no more are run. Raises Disconnected."""
        self._exchange.parameters = parameters.NOTHING
        if self._refusal is not None:
            return Result(None, self._refusal)
        if self._client is not None and self._client.is_gone:
            raise Disconnected
        try:
            given = parameters.from_member(member)
            self._exchange.parameters = given
            return await self._executor.execute(self._request_of(given))
        except HTTPFault as fault:
            return Result(None, (ErrorEntry(fault.code, fault.message),))
        except RequestError as refused:
            return Result(None, refused.entries)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 (the client gets a masked answer)
            return Result(None, (self._failure(error),))

    def _request_of(self, given: parameters.Parameters) -> GraphQLRequest:
        return self._request._replace(
            query=given.query,
            operation_name=given.operation_name,
            variables=given.variables,
            reference=given.reference,
            wants_cost=given.wants_cost,
            stages=self._exchange.traced,
        )

    def _failure(self, error: BaseException) -> ErrorEntry:
        """The masked error of a member that failed, in the client's language; an unexpected one is logged."""
        code = code_of(error, late=self._shared.deadlines.passed(asyncio.current_task()))
        if code is ErrorCode.INTERNAL:
            self._log.exception(self._exchange.request_id, error)
        return ErrorEntry(code, error_message(code, self._exchange.wanted.language))

    def _add(self, result: Result) -> ErrorCode | None:
        """Add the answer with a member's result; returns the code of its first error.

        An answer that is too large beside the others is replaced by COST_EXCEEDED, as those after it.
        """
        if self._spending.is_used_up and self._refusal is None:
            self._refusal = result.errors
        self._keep_marks(result)
        body = render(result, self._exchange.request_id)
        if self._size + len(body) > LARGEST and result.response is not None:
            self._refusal = too_much(Work.ANSWER).entries
            result = Result(None, self._refusal)
            body = render(result, self._exchange.request_id)
        self._bodies.append(body)
        self._size += len(body) + 1
        return result.errors[0].code if result.errors else None

    def _keep_marks(self, result: Result) -> None:
        """Keep what the headers of the whole answer say, and let later members read what this one wrote."""
        whole = self._whole
        is_unknown = result.response is None and result.errors[0].code is ErrorCode.UNAUTHENTICATED
        cookie = SessionCookie() if is_unknown else result.cookie
        self._whole = whole._replace(
            cookie=cookie or whole.cookie,
            written=whole.written or result.written,
            position=_later(whole.position, result.position),
            stale=max(filter(None, (whole.stale, result.stale)), default=None),
        )
        if result.written and self._request.position is not None:
            position = max(self._request.position, result.position) if result.position is not None else None
            self._request = self._request._replace(position=position)


def _later(one: int | None, other: int | None) -> int | None:
    """The later of two positions, as far as they are known."""
    return max((position for position in (one, other) if position is not None), default=None)
