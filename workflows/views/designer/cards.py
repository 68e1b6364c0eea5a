"""The canvas as its template draws it: cards with what people want to see, wires as SVG paths."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connections.views import showing
from connectors import registry
from connectors.registry import UnknownConnector
from workflows.definition import layout, settings as kinds
from workflows.definition.layout.shapes import CARD_HEIGHT, CARD_WIDTH
from workflows.views.designer.kinds import KINDS, STARTS, output_label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workflows.definition import Graph, Node, Problem
    from workflows.definition.layout import Card as Place, Frame, Plus, Stroke
    from workflows.definition.layout.shapes import Point
    from workflows.views.uses import Use

ROUNDING = 10

LIGHTS = {
    "completed": "Completed",
    "running": "Running",
    "waiting": "Waiting",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "timed_out": "Timed out",
    "queued": "Queued",
}


@dataclass(frozen=True, slots=True)
class Light:
    """How a node fared in the last run."""

    node_id: str
    status: showing.ShownStatus | None

    @classmethod
    def of(cls, node_id: str, lights: Mapping[str, str]) -> Light:
        """Look it up."""
        found = lights.get(node_id)
        return cls(node_id, showing.ShownStatus(found, LIGHTS[found]) if found else None)


@dataclass(frozen=True, slots=True)
class Card:
    """A node on the canvas."""

    node_id: str
    kind: str
    place: Place
    name: str
    words: str
    icon: str
    connector: Any
    use: Use | None
    light: Light
    problems: int
    url: str
    acts_url: str


@dataclass(frozen=True, slots=True)
class Wire:
    """A wire on the canvas; `label` is empty where there is nothing to say."""

    stroke: Stroke
    path: str
    label: str
    label_x: int
    label_y: int
    is_bad: bool


@dataclass(frozen=True, slots=True)
class PlusButton:
    """A button between two steps."""

    plus: Plus
    x: int
    y: int
    label: str


@dataclass(frozen=True, slots=True)
class Canvas:
    """All of it."""

    width: int
    height: int
    frames: Sequence[Frame]
    wires: Sequence[Wire]
    cards: Sequence[Card]
    pluses: Sequence[PlusButton]


def canvas(
    graph: Graph,
    *,
    problems: Sequence[Problem],
    uses: Mapping[str, Use],
    lights: Mapping[str, str],
    panel_url: str,
) -> Canvas:
    """Draw a draft.

    Args:
        graph: the draft.
        problems: all of them; each counts at its node.
        uses: connections by their IDs.
        lights: how nodes fared in the last run.
        panel_url: the address of a step's panel, with `-node-` for the step.
    """
    drawing = layout.draw(graph)
    counted = Counter(problem.node_id for problem in problems)
    return Canvas(
        drawing.width,
        drawing.height,
        sorted(drawing.frames, key=lambda frame: frame.depth),
        [_wire(one, graph) for one in drawing.strokes],
        [
            _card(place, graph.by_id[place.node_id], counted, uses, lights, panel_url)
            for place in _in_order(drawing.cards)
        ],
        [_plus(one, graph.by_id[one.node_id]) for one in drawing.pluses],
    )


def kind_words(node: Node) -> tuple[str, str]:
    """Return what a step is, in words, and its icon."""
    kind, settings = KINDS[node.kind], node.settings
    if isinstance(settings, kinds.Trigger):
        return STARTS[settings.start.type]
    if isinstance(settings, kinds.Connector):
        return _tool_words(settings) or "Choose a connector", kind.icon
    return kind.label, kind.icon


def _card(
    place: Place,
    node: Node,
    problems: Counter[str],
    uses: Mapping[str, Use],
    lights: Mapping[str, str],
    panel_url: str,
) -> Card:
    words, icon = kind_words(node)
    url = panel_url.replace("-node-", node.id)
    return Card(
        node_id=node.id,
        kind=node.kind,
        place=place,
        name=node.name,
        words=words,
        icon=icon,
        connector=_connector(node),
        use=uses.get(connection_of(node)),
        light=Light.of(node.id, lights),
        problems=problems[node.id],
        url=url,
        acts_url=f"{url}acts/",
    )


def connection_of(node: Node) -> str:
    """Return the ID of the connection that a node is bound to, or ""."""
    settings = node.settings
    if isinstance(settings, kinds.Connector):
        return settings.connection_id
    start = settings.start if isinstance(settings, kinds.Trigger) else None
    return start.connection_id if isinstance(start, kinds.FromWebhook) else ""


def _connector(node: Node) -> Any:
    try:
        return (
            registry.get(node.settings.connector)
            if isinstance(node.settings, kinds.Connector)
            else None
        )
    except UnknownConnector:
        return None


def _tool_words(settings: kinds.Connector) -> str:
    try:
        connector = registry.get(settings.connector)
    except UnknownConnector:
        return ""
    titles = {tool.key: tool.title for tool in connector.tools}
    return titles.get(settings.tool, f"{connector.name}: choose what it does")


def _in_order(cards: Sequence[Place]) -> list[Place]:
    """Order cards as they are read, so that Tab goes from top to bottom."""
    return sorted(cards, key=lambda card: (card.y, card.x))


def _wire(stroke: Stroke, graph: Graph) -> Wire:
    begin = graph.by_id[stroke.from_]
    label = "" if begin.outputs == ("next",) and not stroke.is_back else stroke.output
    words = output_label(label) if label else ""
    if stroke.is_back:
        words = f"back to {graph.by_id[stroke.to].name}"
    x, y = stroke.label_at
    is_bad = stroke.is_back or stroke.output not in begin.outputs
    return Wire(stroke, path(stroke.points), words, x - LABEL_WIDTH // 2, y - 10, is_bad)


LABEL_WIDTH = 120


def _plus(plus: Plus, node: Node) -> PlusButton:
    where = "" if node.outputs == ("next",) else f", {output_label(plus.output)}"
    return PlusButton(plus, plus.x - 14, plus.y - 14, f"Add a step after {node.name}{where}")


def path(points: Sequence[Point]) -> str:
    """Write a line with round corners as SVG path data."""
    if not points:
        return ""
    written = [f"M{points[0][0]} {points[0][1]}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        (ax, ay), (bx, by) = _towards(corner, before), _towards(corner, after)
        written.append(f"L{ax} {ay}Q{corner[0]} {corner[1]} {bx} {by}")
    written.append(f"L{points[-1][0]} {points[-1][1]}")
    return "".join(written)


def _towards(corner: Point, other: Point) -> Point:
    """Go a little from a corner towards another point, at most half of the way."""
    (x, y), (to_x, to_y) = corner, other
    reach = min(ROUNDING, max(abs(to_x - x), abs(to_y - y)) // 2)
    return x + _sign(to_x - x) * reach, y + _sign(to_y - y) * reach


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


__all__ = ["CARD_HEIGHT", "CARD_WIDTH", "Canvas", "Card", "Light", "canvas", "connection_of"]
