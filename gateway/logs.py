"""The log: one line per event, as JSON or coloured for people.

It never contains tokens, variables, the text of documents, or messages of exceptions (these quote values).
"""

import asyncio
import logging
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TextIO, TypeAlias

import orjson

from gateway.trace_context import Parent, parent_of
from schema.errors import ErrorCode

Level = Literal["debug", "info", "warning", "error", "off"]
Form = Literal["auto", "json", "pretty"]

Render: TypeAlias = Callable[[Mapping[str, object]], str]
"""From the members of a line to its text; `time`, `level` and `event` are among them."""

OFF: Final = logging.CRITICAL + 1
COLOURS: Final[Mapping[str, int]] = {"debug": 2, "info": 32, "warning": 33, "error": 31, "critical": 31}
"""The colours of levels on a terminal (ECMA-48, 8.3.117)."""

MOST_FRAMES = 12
PATIENCE = 0.1
"""Seconds that a request's line may wait for others; a process that is killed loses these lines."""
MOST_WAITING = 256

FOREIGN_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}\Z")
OPERATION_NAME = re.compile(r"\s*(?:query|mutation|subscription)\s+([_A-Za-z][_0-9A-Za-z]{0,63})", re.ASCII)
NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,63}\Z", re.ASCII)


def open_log(level: Level, form: Form, stream: TextIO | None = None) -> "Log":
    """The log on `stream` (standard error when None); it also takes the messages of the standard library's loggers."""
    target: TextIO = sys.stderr if stream is None else stream
    number = OFF if level == "off" else logging.getLevelNamesMapping()[level.upper()]
    pretty = form == "pretty" or (form == "auto" and target.isatty())
    render = _coloured if pretty else _json
    _redirect_standard_loggers(target, max(number, logging.WARNING), render)
    return Log(target, number, render, None if pretty else RequestLines(target))


class Finished(NamedTuple):
    """The raw values of one finished request; its log line is computed later, when it is written.

    `at` is the time of its end (seconds of the epoch), `path` the URL's, `caller` its payer: the id of the account, or
    the network while the account is not known. `beginning` are the first characters of the document, `foreign_id` is
    the request id that the client sent, `trace` its header traceparent, `span` the ids of the recorded span.
    """

    at: float
    seconds: float
    request_id: str
    path: str
    caller: object
    status: int
    code: ErrorCode | None
    operation_name: str | None
    beginning: str
    foreign_id: bytes | None
    trace: bytes | None = None
    span: tuple[str, str] | None = None

    def event(self) -> dict[str, object]:
        """The members of the log line, with time and level."""
        members: dict[str, object] = {
            "time": _clock(self.at),
            "level": self.level,
            "event": "request",
            "request_id": self.request_id,
            "path": self.path,
            "caller": str(self.caller),
            "operation": self._operation(),
            "status": self.status,
            "code": self.code,
            "ms": round(1000 * self.seconds, 2),
        }
        if self.foreign_id is not None and FOREIGN_ID.match(self.foreign_id):
            members["client_request_id"] = self.foreign_id.decode()
        return members | trace_members(self.span, parent_of(self.trace))

    @property
    def level(self) -> Literal["error", "info"]:
        """The level of the log line: "error" from status 500."""
        return "error" if self.status >= 500 else "info"

    def _operation(self) -> str | None:
        return operation_name(self.operation_name, self.beginning)


def trace_members(span: tuple[str, str] | None, parent: Parent | None) -> dict[str, str]:
    """The members of a log line about the recorded span of an operation (trace, span), and about the client's."""
    members = {"trace_id": span[0], "span_id": span[1]} if span is not None else {}
    return {"trace_id": parent.trace_id, **members, "parent_id": parent.span_id} if parent is not None else members


def operation_name(given: str | None, beginning: str) -> str | None:
    """The operation's name, as given by the client, else by the beginning of the document; None if it is not a name."""
    if given is not None:
        return given if NAME.match(given) else None
    found = OPERATION_NAME.match(beginning)
    return found[1] if found else None


class RequestLines:
    """A buffer of finished requests, one JSON line each: written together, `PATIENCE` seconds after the first.

    Writing each line alone would cost as much as reading the request.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: list[Finished] = []

    def add(self, finished: Finished) -> None:
        """Add a request. Called on the event loop."""
        if not self._waiting:
            asyncio.get_running_loop().call_later(PATIENCE, self.flush)
        self._waiting.append(finished)
        if len(self._waiting) >= MOST_WAITING:
            self.flush()

    def flush(self) -> None:
        """Write the waiting lines."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            lines = [orjson.dumps(finished.event()) for finished in waiting]
            self._stream.write(b"\n".join([*lines, b""]).decode())
            self._stream.flush()


class Log:
    """The log of one process; `requests` is whether requests are logged at all.

    `lines` takes the lines of requests as JSON: they are the only lines on the hot path.
    """

    def __init__(self, stream: TextIO, number: int, render: Render, lines: RequestLines | None = None) -> None:
        self.requests = number <= logging.INFO
        self._stream = stream
        self._number = number
        self._render = render
        self._lines = lines

    def request(self, finished: Finished) -> None:
        """Log one finished request."""
        if self._lines is not None:
            self._lines.add(finished)
        else:
            self._print(finished.event())

    def live(self, event: str, **values: object) -> None:
        """Log the end of a socket, or of an operation on one; at the level of requests."""
        self._write(logging.INFO, event, values)

    def event(self, event: str, **values: object) -> None:
        """Log an event of the process as a whole, for its operator, as a warning."""
        self._write(logging.WARNING, event, values)

    def flush(self) -> None:
        """Write the waiting lines; the process may end after it."""
        if self._lines is not None:
            self._lines.flush()

    def exception(self, request_id: str, error: BaseException) -> None:
        """Log an unexpected exception: its kind, its causes and its place in the code, not its message."""
        self._write(logging.ERROR, "exception", {"request_id": request_id, **describe(error)})

    def _write(self, number: int, event: str, values: Mapping[str, object]) -> None:
        self.flush()
        if number >= self._number:
            level = logging.getLevelName(number).lower()
            self._print({"time": _clock(time.time()), "level": level, "event": event, **values})

    def _print(self, members: Mapping[str, object]) -> None:
        self._stream.write(self._render(members))
        self._stream.flush()


def describe(error: BaseException) -> dict[str, object]:
    """The members of `causes`, and the innermost frames."""
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


def _json(members: Mapping[str, object]) -> str:
    return orjson.dumps(members, default=str, option=orjson.OPT_APPEND_NEWLINE).decode()


def _coloured(members: Mapping[str, object]) -> str:
    """A line for people: time, level and event, then the other members by their names."""
    at, level, event, *others = members.values()
    named = zip([name for name in members if name not in {"time", "level", "event"}], others, strict=True)
    words = "".join(f" \x1b[36m{name}\x1b[0m={_shown(value)}" for name, value in named)
    return f"\x1b[2m{at}\x1b[0m \x1b[{COLOURS[str(level)]}m{level}\x1b[0m {_shown(event)}{words}\n"


def _shown(value: object) -> str:
    """A value as it is, or quoted where a terminal would not show it."""
    text = str(value)
    return text if text.isprintable() else repr(text)


class _Formatter(logging.Formatter):
    """Formats the records of the standard library's loggers; of an exception its kind and place only."""

    def __init__(self, render: Render) -> None:
        super().__init__()
        self._render = render

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record, without its end."""
        error = record.exc_info[1] if record.exc_info else None
        members = {"time": _clock(record.created), "level": record.levelname.lower(), "event": record.getMessage()}
        return self._render({**members, "logger": record.name, **(describe(error) if error else {})}).rstrip("\n")


def _redirect_standard_loggers(stream: TextIO, number: int, render: Render) -> None:
    """Send the standard library's logging (of uvicorn, asyncio, asyncpg and our supervisors) to the same stream."""
    sink = logging.StreamHandler(stream)
    sink.setFormatter(_Formatter(render))
    root = logging.getLogger()
    root.handlers = [sink]
    root.setLevel(number)
