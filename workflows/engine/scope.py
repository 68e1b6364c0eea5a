"""The names that expressions may use; what was stored is opened when it is named. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflows import templating

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Scope:
    """Values by name; those of the scope around it count, too."""

    def __init__(self, values: Mapping[str, Any], outer: Scope | None = None) -> None:
        """Begin with these."""
        self._values: dict[str, Any] = dict(values)
        self._later: dict[str, Callable[[], Any]] = {}
        self._outer = outer

    def inner(self, values: Mapping[str, Any]) -> Scope:
        """Make the scope of one round of a loop."""
        return Scope(values, self)

    def put(self, name: str, value: Any) -> None:
        """Give a name a value."""
        self._later.pop(name, None)
        self._values[name] = value

    def put_later(self, name: str, load: Callable[[], Any]) -> None:
        """Give a name a value that is loaded when something asks for it."""
        self._values.pop(name, None)
        self._later[name] = load

    def fill(self, value: Any) -> Any:
        """Work out every expression in a JSON-like value.

        Raises:
            BadExpression, ExpressionFailed: as `templating.fill` does.
        """
        texts = [text for _, text in templating.texts(value)]
        if not texts:
            return value
        names: set[str] = set()
        for text in texts:
            names |= templating.parse(text).names
        return templating.fill(value, self._named(names))

    def _named(self, names: set[str]) -> dict[str, Any]:
        found = self._outer._named(names) if self._outer else {}  # noqa: SLF001 - its own kind
        for name in names & self._later.keys():
            self._values[name] = self._later.pop(name)()
        return found | {name: self._values[name] for name in names & self._values.keys()}
