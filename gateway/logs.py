"""The log: takes a level and a form, gives a logger that writes one line per event, JSON or coloured for people.

What it never gets: tokens, variables, the text of documents, messages of exceptions (they quote values).
"""

import logging
import sys
import time
import traceback
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal, TextIO, cast

import orjson
import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

Level = Literal["debug", "info", "warning", "error", "off"]
Form = Literal["auto", "json", "pretty"]

OFF = logging.CRITICAL  # nothing of ours is critical, and structlog knows no higher level
MOST_FRAMES = 12


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
    lines = None if pretty else target
    return Log(cast("FilteringBoundLogger", logger.bind()), requests=number <= logging.INFO, lines=lines)


class Log:
    """One process's log; `requests` tells whether requests are logged at all.

    `lines` is where a request's line goes as JSON, past structlog: it is the one line that is on the hot path.
    """

    def __init__(self, logger: FilteringBoundLogger, *, requests: bool, lines: TextIO | None = None) -> None:
        self.requests = requests
        self._logger = logger
        self._lines = lines

    def request(self, *, failed: bool, **values: object) -> None:
        """One finished request."""
        if self._lines is not None:
            line = {"time": _clock(), "level": "error" if failed else "info", **values, "event": "request"}
            self._lines.write(f"{_dumps(line)}\n")
            return
        write = self._logger.error if failed else self._logger.info
        write("request", **values)

    def event(self, event: str, **values: object) -> None:
        """Something about the process as a whole that an operator wants to know."""
        self._logger.warning(event, **values)

    def exception(self, request_id: str, error: BaseException) -> None:
        """An exception that no one expected: its kind, its causes and where it came from, not its message."""
        self._logger.error("exception", request_id=request_id, **describe(error))


def describe(error: BaseException) -> dict[str, object]:
    """The kind of an exception, the kinds of its causes, PostgreSQL's code if any, and the innermost frames."""
    kinds: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(kinds) < MOST_FRAMES:
        kinds.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    frames = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
    described: dict[str, object] = {
        "kind": " < ".join(kinds),
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    state = getattr(error, "sqlstate", None)
    return described if state is None else {**described, "sqlstate": str(state)}


def _clock() -> str:
    now = time.time()
    return f"{_second(int(now))}.{int(now * 1000) % 1000:03d}Z"


@lru_cache(maxsize=2)
def _second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def _time_and_level(_logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    return {"time": _clock(), "level": name, **event}


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
