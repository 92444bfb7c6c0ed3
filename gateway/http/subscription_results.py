"""The results of a subscription, within the limits and with masked errors, for server-sent events and WebSockets."""

from collections.abc import AsyncGenerator

from gateway.http.stream_slots import Slot, SlotsFull, StreamSlots
from gateway.logs import Log
from resolvers.execution.subscriptions import LiveOperation
from resolvers.request import ErrorEntry, RequestError, Result
from schema.errors import ErrorCode, error_message


async def stream_results(
    subscription: LiveOperation, slots: StreamSlots, request_id: str, into: Log
) -> AsyncGenerator[Result]:
    """The results of a subscription; one without a response is the last, and its error says why.

    Unexpected exceptions go to the log `into`.
    """
    slot = Slot(slots)
    try:
        slot.take("subscription", slots.bounds.subscriptions)
        slot.take(("subscription", subscription.account), slots.bounds.subscriptions_of_user)
    except SlotsFull:
        slot.leave()
        subscription.close()
        yield _failed(ErrorCode.RATE_LIMITED, subscription)
        return
    try:
        async for result in subscription:
            yield result
    except RequestError as refused:  # access is lost, or the answer is too large
        yield Result(None, refused.entries)
    except Exception as error:  # noqa: BLE001 (any error: the client gets a masked answer)
        into.exception(request_id, error)
        yield _failed(ErrorCode.INTERNAL, subscription)
    finally:
        subscription.close()
        slot.leave()


def _failed(code: ErrorCode, subscription: LiveOperation) -> Result:
    return Result(None, (ErrorEntry(code, error_message(code, subscription.language)),))
