"""Logs, one JSON line an event, masked last: no field, argument or exception gets past."""

from __future__ import annotations

import json as json_codec
import logging
import sys
import threading
from typing import TYPE_CHECKING, Any, TextIO

import structlog
from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars
from structlog.stdlib import ProcessorFormatter

from spojit.lib import redaction

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import TracebackType

    from structlog.types import EventDict, Processor

log = structlog.get_logger(__name__)

_RECORD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure(*, level: str = "INFO", json: bool = True, stream: TextIO | None = None) -> None:
    """Route structlog and the standard library's logging through one masked line format.

    Replaces the root logger's handlers, and the hooks for exceptions that nobody caught. May be
    called again.

    Args:
        level: the least level that is written, by its standard name.
        json: JSON lines; otherwise lines for people.
        stream: where lines go; standard error when None.
    """
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(_Formatter(json=json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # A line for each variable that a template finds empty, with the whole request and context.
    logging.getLogger("django.template").setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    if logging.lastResort:
        logging.lastResort.filters[:] = [MaskingFilter()]
    structlog.configure(
        processors=_PROCESSORS,
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def bind(**ids: Any) -> None:
    """Add fields to every line of this context: request, workspace, connection and run IDs."""
    bind_contextvars(**{name: str(value) for name, value in ids.items()})


def bound(**ids: Any) -> AbstractContextManager[None]:
    """Add fields to every line until the block ends."""
    return bound_contextvars(**{name: str(value) for name, value in ids.items()})


def clear() -> None:
    """Forget the fields of this context, as a new request or task begins."""
    clear_contextvars()


class MaskingFilter(logging.Filter):
    """For a handler that another library owns: masks the record before it is formatted."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the message, its arguments, the exception and all extra fields, in place."""
        try:
            _mask_record(record)
        except Exception:  # noqa: BLE001 - fails closed: an odd record is withheld, not let through
            _withhold(record)
        return True


def before_send(
    event: dict[str, Any],
    hint: dict[str, Any],  # noqa: ARG001 - the error reporter's signature
) -> dict[str, Any] | None:
    """Mask an error reporter's event (Sentry's hook); one that cannot be masked is dropped."""
    masked = redaction.redact_value(event)
    return masked if isinstance(masked, dict) else None


class _Handler(logging.StreamHandler[TextIO]):
    """Says that a line was lost without printing its content, as the base class would."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802
        sys.stderr.write("A log line could not be written.\n")


class _Formatter(ProcessorFormatter):
    def __init__(self, *, json: bool) -> None:
        renderer: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
        if not json:
            renderer = structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            )
        super().__init__(
            foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder(), _keep_masked_exception],
            processors=[
                ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _mask_fields,
                renderer,
            ],
        )

    def format(self, record: logging.LogRecord) -> str:
        """Render one line and mask it; a line that cannot be made is withheld."""
        try:
            return redaction.redact(super().format(record))
        except Exception:  # noqa: BLE001 - fails closed: logging would print the raw arguments
            return json_codec.dumps({"event": redaction.WITHHELD, "logger": record.name})


def _mask_fields(logger: Any, name: str, event: EventDict) -> EventDict:  # noqa: ARG001
    """Mask values and names before they are quoted, where double quoting might hide them."""
    masked = redaction.redact_value(dict(event))
    return masked if isinstance(masked, dict) else {"event": redaction.WITHHELD}


def _keep_masked_exception(logger: Any, name: str, event: EventDict) -> EventDict:  # noqa: ARG001
    """Keep the text that `MaskingFilter` left in place of the exception itself."""
    record = event["_record"]
    if record.exc_text and not record.exc_info:
        event["exception"] = record.exc_text
    return event


def _mask_record(record: logging.LogRecord) -> None:
    message = redaction.redact(record.getMessage())
    if record.exc_info:
        record.exc_text = logging.Formatter().formatException(record.exc_info)
    extra = {name: value for name, value in vars(record).items() if name not in _RECORD_FIELDS}
    record.msg, record.args, record.exc_info = message, None, None
    record.exc_text = redaction.redact(record.exc_text) if record.exc_text else None
    record.stack_info = redaction.redact(record.stack_info) if record.stack_info else None
    vars(record).update({name: redaction.redact_value(value) for name, value in extra.items()})


def _withhold(record: logging.LogRecord) -> None:
    for name in set(vars(record)) - _RECORD_FIELDS:
        delattr(record, name)
    record.msg, record.args = redaction.WITHHELD, None
    record.exc_info = record.exc_text = record.stack_info = None


def _uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
        return
    log.critical("An exception was not caught", exc_info=(kind, error, traceback))


def _uncaught_in_thread(hook: threading.ExceptHookArgs) -> None:
    if hook.exc_type is SystemExit:
        return
    thread = hook.thread.name if hook.thread else ""
    error = (hook.exc_type, hook.exc_value, hook.exc_traceback)
    log.critical("An exception was not caught in a thread", thread=thread, exc_info=error)


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    structlog.processors.StackInfoRenderer(),
]

_PROCESSORS = [
    structlog.stdlib.filter_by_level,
    *_SHARED,
    ProcessorFormatter.wrap_for_formatter,
]
"""One list for good: each logger keeps the one that it finds when it is first used."""
