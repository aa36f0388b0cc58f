"""What the service says of itself: one JSON object a line, and nothing in it that a lead wrote.

Only the fields listed here are ever written. A message of ours is a literal sentence whose facts stand in such fields.
Another library's sentence is kept where it is known to be fixed, and never what was put into it."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter
from structlog.typing import EventDict

FIELDS = frozenset(
    [
        "request",
        "method",
        "endpoint",
        "status",
        "milliseconds",
        "key",
        "lead",
        "submission",
        "decision",
        "code",
        "replayed",
        "error",
        "place",
        "trace",
        "model",
        "agreement",
        "chore",
        "reason",
        "mark",
        "cause",
        "route",
        "receiver",
        "message",
        "attempt",
        "attempts",
        "seconds",
        "count",
        "schema",
        "version",
        "notice",
        "price",
        "value",
        "load",
    ]
)
"""None of them may ever hold what a person typed: ids that Accord made, codes, numbers, and places in the program."""
LONGEST = 500
LONGEST_TRACE = 12
FIXED_SENTENCES = ("accord", "uvicorn")
"""Whose messages are literal sentences. Others may be put together from anything before they arrive here."""


def logger(name: str) -> BoundLogger:
    """`log.info("a literal sentence", field=…)`; fields that are not in FIELDS are left out."""
    log: BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[structlog.stdlib.filter_by_level, allowed, ProcessorFormatter.wrap_for_formatter],
        wrapper_class=BoundLogger,
        cache_logger_on_first_use=True,
    )
    return log


@contextmanager
def silence() -> Iterator[None]:
    """Nothing of ours is logged meanwhile: whoever asks for it tells what matters in sentences."""
    ours = logging.getLogger("accord")
    level = ours.level
    ours.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        ours.setLevel(level)


def log_to(stream: TextIO) -> None:
    """From now on everything is logged here, also what libraries say; in colours where a person looks on."""
    shown = structlog.dev.ConsoleRenderer() if stream.isatty() else structlog.processors.JSONRenderer()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(ProcessorFormatter(processors=[_line, shown], use_get_message=False, pass_foreign_args=True))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a stream that is gone would be answered with the message itself, unfiltered
    sys.unraisablehook = lambda lost: _told_of(lost.exc_value)


def allowed(_: object, __: str, said: EventDict) -> EventDict:
    return {name: value for name, value in said.items() if name == "event" or (name in FIELDS and _plain(value))}


def place_of(error: BaseException) -> str:
    """The kind of an error and its place, without its message, which may repeat a lead's values."""
    places = _places(error.__traceback__)
    return f"{type(error).__name__} in {places[-1]}" if places else type(error).__name__


def trace_of(error: BaseException) -> list[str]:
    """Where an error went through, from the outside in; no source, no message, no values."""
    return _places(error.__traceback__)[-LONGEST_TRACE:]


def _places(step: TracebackType | None) -> list[str]:
    places = []
    while step is not None:
        code = step.tb_frame.f_code
        places.append(f"{step.tb_frame.f_globals.get('__name__')}.{code.co_qualname}, line {step.tb_lineno}")
        step = step.tb_next
    return places


def _plain(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_plain, value))
    return value is None or isinstance(value, int | float) or (isinstance(value, str) and len(value) <= LONGEST)


def _line(_: object, __: str, said: EventDict) -> EventDict:
    record: logging.LogRecord = said.pop("_record")
    if not said.pop("_from_structlog"):
        said = _of_library(record, said.get("positional_args"), (said.get("exc_info") or (None, None))[1])
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    head: EventDict = {"time": at, "level": record.levelname.lower(), "logger": record.name, "event": said["event"]}
    return {**head, **allowed(_, __, said)}


def _of_library(record: logging.LogRecord, given: Any, error: object) -> EventDict:
    said: EventDict = {"event": "a library spoke", "place": f"{record.module}.{record.funcName}, line {record.lineno}"}
    if record.name.split(".")[0] in FIXED_SENTENCES:
        said["event"] = _sentence(str(record.msg).strip().split("\n")[0][:LONGEST], given)
    if isinstance(error, BaseException):
        said.update(error=type(error).__name__, trace=trace_of(error))
    return said


def _sentence(template: str, given: Any) -> str:
    """Numbers (a port, a process) are told; texts that were put in are not."""
    if not isinstance(given, tuple) or not given:
        return template
    try:
        return template % tuple(one if isinstance(one, int | float) else "…" for one in given)
    except (TypeError, ValueError):
        return template


def _told_of(error: BaseException | None) -> None:
    if error is not None:
        logger("accord.serving").error("an error was lost", error=type(error).__name__, trace=trace_of(error))
