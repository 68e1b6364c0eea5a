"""Loop: what hangs on `each`, round after round, then on. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflows.definition import settings as kinds
from workflows.engine.results import Done, Failed
from workflows.nodes import truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflows.engine.scope import Scope
    from workflows.engine.visit import Visit


def run(visit: Visit) -> Done:
    """Run the rounds; the list or number is written down first, so that no resume changes it.

    With `continue`, a round that fails ends and the next one begins.
    """
    settings = visit.node.settings
    assert isinstance(settings, kinds.Loop)
    rounds = failed = 0
    latest = [visit.scope]
    for index, item in _items(visit, settings, latest):
        names = {settings.item: item, f"{settings.item}_index": index}
        latest[0] = visit.scope.inner(names)
        try:
            visit.walk("each", latest[0], f"{visit.place}[{index}].")
        except Failed:
            if settings.on_failure != "continue":
                raise
            failed += 1
        rounds += 1
    return Done({"rounds": rounds, "failed": failed}, output="done")


def _items(visit: Visit, settings: kinds.Loop, latest: list[Scope]) -> Iterator[tuple[int, Any]]:
    """Give place and item of each round; `latest` is the scope of the round before."""
    if settings.over == "while":
        return _while(visit, settings, latest)
    if visit.entry:
        found = visit.journal.value(visit.place)
    else:
        found = _counted(visit, settings)
        visit.journal.begun(visit, found)
    return enumerate(found if isinstance(found, list) else range(found))


def _counted(visit: Visit, settings: kinds.Loop) -> list[Any] | int:
    """Work out the list, or the number of rounds."""
    if settings.over == "each":
        items = visit.scope.fill(settings.items)
        if not isinstance(items, list):
            raise Failed("not_a_list", "What the loop goes over is not a list.")
        if len(items) > settings.most:
            raise _too_many(settings)
        return items
    times = _number(visit.scope.fill(settings.times))
    if times > settings.most:
        raise _too_many(settings)
    return times


def _number(told: Any) -> int:
    try:
        number = int(str(told).strip()) if not isinstance(told, (bool, float)) else -1
    except ValueError:
        number = -1
    if isinstance(told, float) and told.is_integer():
        number = int(told)
    if number < 0:
        raise Failed("not_a_number", "How many times is not a whole number.")
    return number


def _while(visit: Visit, settings: kinds.Loop, latest: list[Scope]) -> Iterator[tuple[int, Any]]:
    """Go on while the condition is true, in the scope of the round before."""
    index = 0
    while visit.journal.has_begun(f"{visit.place}[{index}]") or _is_true(settings, latest[0]):
        if index >= settings.most:
            raise _too_many(settings)
        yield index, index
        index += 1


def _is_true(settings: kinds.Loop, scope: Scope) -> bool:
    return truth.is_true(scope.fill(settings.condition))


def _too_many(settings: kinds.Loop) -> Failed:
    return Failed("too_many_rounds", f"The loop has more than its limit of {settings.most} rounds.")
