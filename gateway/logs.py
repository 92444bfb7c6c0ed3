"""The log: takes a level and a form, gives a logger that writes one line per event, JSON or coloured for people.

What it never gets: tokens, variables, the text of documents, messages of exceptions (they quote values).
"""

import asyncio
import logging
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TextIO, cast

import orjson

from gateway.unloaded import unloaded
from schema.errors import ErrorCode

with unloaded("rich"):  # structlog would draw tracebacks with it, which this log never writes
    import structlog
    from structlog.stdlib import ProcessorFormatter
    from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

Level = Literal["debug", "info", "warning", "error", "off"]
Form = Literal["auto", "json", "pretty"]

OFF = logging.CRITICAL  # nothing of ours is critical, and structlog knows no higher level
MOST_FRAMES = 12
PATIENCE = 0.1
"""Seconds that a request's line may wait for others; a process that is killed takes these lines with it."""
MOST_WAITING = 256

FOREIGN_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}\Z")
OPERATION_NAME = re.compile(r"\s*(?:query|mutation|subscription)\s+([_A-Za-z][_0-9A-Za-z]{0,63})", re.ASCII)
NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,63}\Z", re.ASCII)


def open_log(level: Level, form: Form, stream: TextIO | None = None) -> "Log":
    """The log on `stream` (standard error when None); the standard library's loggers write to it as well."""
    target: TextIO = sys.stderr if stream is None else stream
    number = OFF if level == "off" else logging.getLevelNamesMapping()[level.upper()]
    pretty = form == "pretty" or (form == "auto" and target.isatty())
    _redirect_standard_loggers(target, OFF + 1 if number == OFF else max(number, logging.WARNING), pretty=pretty)
    logger = structlog.wrap_logger(
        structlog.WriteLogger(target),
        processors=[_time_and_level, _renderer(pretty=pretty)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        cache_logger_on_first_use=True,
    )
    lines = None if pretty else Lines(target)
    return Log(cast("FilteringBoundLogger", logger.bind()), requests=number <= logging.INFO, lines=lines)


class Finished(NamedTuple):
    """One finished request, as it was when it ended; what the log tells of it is worked out when it is written.

    `at` is the time (seconds of the epoch), `beginning` that of the document, `foreign_id` the id that the client sent.
    """

    at: float
    seconds: float
    request_id: str
    status: int
    code: ErrorCode | None
    operation_name: str | None
    beginning: str
    foreign_id: bytes | None

    def event(self) -> dict[str, object]:
        """What the log tells, and when and how."""
        told: dict[str, object] = {
            "time": _clock(self.at),
            "level": self.level,
            "event": "request",
            "request_id": self.request_id,
            "operation": self._operation(),
            "status": self.status,
            "code": self.code,
            "ms": round(1000 * self.seconds, 2),
        }
        if self.foreign_id is not None and FOREIGN_ID.match(self.foreign_id):
            told["client_request_id"] = self.foreign_id.decode()
        return told

    @property
    def level(self) -> Literal["error", "info"]:
        """How bad it is."""
        return "error" if self.status >= 500 else "info"

    def _operation(self) -> str | None:
        return operation_name(self.operation_name, self.beginning)


def operation_name(given: str | None, beginning: str) -> str | None:
    """The operation's name as the client or the beginning of the document says it, when it is a name."""
    if given is not None:
        return given if NAME.match(given) else None
    found = OPERATION_NAME.match(beginning)
    return found[1] if found else None


class Lines:
    """Finished requests on their way to a stream, one JSON line each: written together, `PATIENCE` after the first.

    A line of its own for each would cost as much as reading the request.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: list[Finished] = []

    def add(self, finished: Finished) -> None:
        """One more. Called on the event loop."""
        if not self._waiting:
            asyncio.get_running_loop().call_later(PATIENCE, self.flush)
        self._waiting.append(finished)
        if len(self._waiting) >= MOST_WAITING:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            lines = [orjson.dumps(finished.event()) for finished in waiting]
            self._stream.write(b"\n".join([*lines, b""]).decode())
            self._stream.flush()


class Log:
    """One process's log; `requests` tells whether requests are logged at all.

    `lines` is where a request's line goes as JSON, past structlog: it is the one line that is on the hot path.
    """

    def __init__(self, logger: FilteringBoundLogger, *, requests: bool, lines: Lines | None = None) -> None:
        self.requests = requests
        self._logger = logger
        self._lines = lines

    def request(self, finished: Finished) -> None:
        """One finished request."""
        if self._lines is not None:
            self._lines.add(finished)
        else:
            event = finished.event()
            del event["time"], event["level"]
            getattr(self._logger, finished.level)(**event)

    def live(self, event: str, **values: object) -> None:
        """Something that lasted has ended: a socket, or an operation on one. It is told where requests are."""
        self.flush()
        self._logger.info(event, **values)

    def event(self, event: str, **values: object) -> None:
        """Something about the process as a whole that an operator wants to know."""
        self.flush()
        self._logger.warning(event, **values)

    def flush(self) -> None:
        """Write what waits; the process may end after it."""
        if self._lines is not None:
            self._lines.flush()

    def exception(self, request_id: str, error: BaseException) -> None:
        """An exception that no one expected: its kind, its causes and where it came from, not its message."""
        self.flush()
        self._logger.error("exception", request_id=request_id, **describe(error))


def describe(error: BaseException) -> dict[str, object]:
    """What `causes` tells, and the innermost frames."""
    frames = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
    return {**causes(error), "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]}


def causes(error: BaseException) -> dict[str, object]:
    """The kind of an exception, the kinds of its causes, and PostgreSQL's code if any."""
    chain = list(_chain(error))
    states = [str(state) for cause in chain if (state := getattr(cause, "sqlstate", None)) is not None]
    kind = " < ".join(type(cause).__name__ for cause in chain)
    return {"kind": kind, "sqlstate": states[0]} if states else {"kind": kind}


def _chain(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    for _ in range(MOST_FRAMES):
        if cause is None:
            return
        yield cause
        before = cause.__cause__ or cause.__context__
        cause = None if before is cause else before  # `raise error from error` makes it its own cause


def _clock(at: float) -> str:
    return f"{_second(int(at))}.{int(at * 1000) % 1000:03d}Z"


@lru_cache(maxsize=2)
def _second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def _time_and_level(_logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    return {"time": _clock(time.time()), "level": name, **event}


def _renderer(*, pretty: bool) -> Processor:
    if pretty:
        return structlog.dev.ConsoleRenderer(timestamp_key="time", pad_event_to=0)
    return structlog.processors.JSONRenderer(_dumps)


def _dumps(value: object, default: Callable[[Any], Any] = str, **_: object) -> str:
    return orjson.dumps(value, default=default).decode()


def _redirect_standard_loggers(stream: TextIO, number: int, *, pretty: bool) -> None:
    """uvicorn, asyncio, asyncpg and our own supervisors log through the standard library."""
    sink = logging.StreamHandler(stream)
    sink.setFormatter(
        ProcessorFormatter(
            processors=[_keep_kind_of_exception, ProcessorFormatter.remove_processors_meta, _renderer(pretty=pretty)],
            foreign_pre_chain=[structlog.stdlib.add_logger_name, _time_and_level],
        )
    )
    root = logging.getLogger()
    root.handlers = [sink]
    root.setLevel(number)


def _keep_kind_of_exception(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    information = event.pop("exc_info", None)
    if isinstance(information, tuple) and isinstance(information[1], BaseException):
        event.update(describe(information[1]))
    return event
