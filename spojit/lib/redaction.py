"""Hides registered secrets in whatever text leaves the process: logs, errors, records, mail.

It fails closed: text that cannot be masked is withheld.
"""

from __future__ import annotations

import contextvars
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from uuid import UUID

from spojit.lib.needles import SHORTEST, Needle, needles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MASK = "••••"
WITHHELD = "[withheld: could not be masked]"

P = ParamSpec("P")
R = TypeVar("R")


class _Scope:
    """The values registered in one scope; those of the scopes around it count too."""

    def __init__(self, outer: _Scope | None, *, is_open: bool = False) -> None:
        self.outer = outer
        self.is_open = is_open
        self.lingers = False
        self._values: set[str] = set()
        self._lock = threading.RLock()
        self._needles: list[Needle] | None = []

    def add(self, values: Iterable[str]) -> None:
        with self._lock:
            before = len(self._values)
            self._values.update(value for value in values if len(value) >= SHORTEST)
            if len(self._values) != before:
                self._needles = None

    def needles(self) -> list[Needle]:
        found = self._needles
        return self._compile() if found is None else found

    def hand_over(self, heir: _Scope) -> None:
        heir.add(self._values)

    def _compile(self) -> list[Needle]:
        with self._lock:
            longest_first = sorted(self._values, key=len, reverse=True)
            self._needles = [needle for value in longest_first for needle in needles(value)]
            return self._needles


_process = _Scope(None)
_current: ContextVar[_Scope] = ContextVar("redaction_scope", default=_process)


def register(values: Iterable[str]) -> None:
    """Hide these plaintexts until the current scope ends; without a scope, in this context.

    Costs next to nothing: what they look like encoded is worked out when a text is redacted.
    """
    scope = _current.get()
    if scope is _process:
        scope = _Scope(_process)
        _current.set(scope)
    scope.add(values)


def register_for_process(values: Iterable[str]) -> None:
    """Hide these plaintexts everywhere and always: root keys, passwords of our own services."""
    _process.add(values)


def has_scope() -> bool:
    """Tell whether a scope is open here."""
    return _current.get().is_open


@contextmanager
def scope() -> Iterator[None]:
    """Hide what is registered inside until the end.

    When an exception leaves, its values stay hidden for those who log it: in the scope around
    this one or, when there is none, in this context until its next scope.
    """
    before = _current.get()
    if before.lingers:
        before = before.outer or _process
    inner = _Scope(before, is_open=True)
    _current.set(inner)
    try:
        yield
    except BaseException:
        _current.set(_after_failure(inner, before))
        raise
    else:
        _current.set(before)


@contextmanager
def ensured_scope() -> Iterator[None]:
    """Use the scope that is open, or open one."""
    if has_scope():
        yield
        return
    with scope():
        yield


def redact(text: str) -> str:
    """Mask every registered secret, in every encoding; withhold the text if that fails."""
    try:
        return _masked(text, _active())
    except Exception:  # noqa: BLE001 - the wall itself: whatever went wrong, nothing passes
        return WITHHELD


def redact_value(value: Any) -> Any:
    """Mask registered secrets in JSON-like data, keys too.

    What JSON does not know becomes masked text, except numbers, dates and UUIDs that hold no
    secret. With nothing registered the value is given back as it is.
    """
    try:
        active = _active()
        return _walk(value, active) if active else value
    except Exception:  # noqa: BLE001 - as in `redact`
        return WITHHELD


def wrap(function: Callable[P, R]) -> Callable[P, R]:
    """Carry the current scope into a thread that calls the function."""
    context = contextvars.copy_context()

    def in_context(*args: P.args, **kwargs: P.kwargs) -> R:
        return context.copy().run(function, *args, **kwargs)

    return in_context


def _after_failure(inner: _Scope, before: _Scope) -> _Scope:
    if before.is_open:
        inner.hand_over(before)
        return before
    inner.is_open, inner.lingers = False, True
    return inner


def _active() -> list[Needle]:
    scope = _current.get()
    found = scope.needles()
    while scope.outer is not None:
        scope = scope.outer
        more = scope.needles()
        found = [*found, *more] if more else found
    return found


def _masked(text: str, active: list[Needle]) -> str:
    if not active or len(text) < SHORTEST:
        return text
    near = [needle for needle in active if needle.anchor in text]
    spans = sorted(span for needle in near for span in needle.spans(text)) if near else []
    return _mask_spans(text, spans) if spans else text


def _mask_spans(text: str, spans: list[tuple[int, int]]) -> str:
    """Put one mask over each run of spans that touch or overlap."""
    parts: list[str] = []
    done = 0
    for start, end in spans:
        if start > done or not parts:
            parts += [text[done:start], MASK]
        done = max(done, end)
    return "".join([*parts, text[done:]])


def _walk(value: Any, active: list[Needle]) -> Any:
    if isinstance(value, str):
        return _masked(str(value), active)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, dict):
        return {_walk(key, active): _walk(item, active) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_walk(item, active) for item in value]
    return _scalar(value, active)


def _scalar(value: Any, active: list[Needle]) -> Any:
    text = repr(value) if isinstance(value, bytes | bytearray | memoryview) else str(value)
    masked = _masked(text, active)
    is_known = isinstance(value, int | float | Decimal | UUID | date | time | timedelta)
    return value if is_known and masked == text else masked
