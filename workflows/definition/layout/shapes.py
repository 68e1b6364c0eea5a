"""What is drawn, in pixels from the top left corner; and how big things are. Pure."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[int, int]

CARD_WIDTH, CARD_HEIGHT = 240, 68
MARGIN = 32
BESIDE = 28
"""Between two branches."""

SHORT, LONG = 52, 88
"""Between a card and the next one: along a wire without words, and with them."""

PADDING = 20
"""Between a frame and what is in it."""

LANE_WIDTH, STUB_WIDTH, STUB_HEIGHT = 40, 96, 24


@dataclass(frozen=True, slots=True)
class Card:
    """A node."""

    node_id: str
    x: int
    y: int
    width: int = CARD_WIDTH
    height: int = CARD_HEIGHT


@dataclass(frozen=True, slots=True)
class Plus:
    """Where a node can be added: on the wire of an output, or at a free output."""

    node_id: str
    output: str
    x: int
    y: int
    is_free: bool


@dataclass(frozen=True, slots=True)
class Stroke:
    """A wire, or the beginning of one.

    Attributes:
        to: the node it leads to; "" at a free output.
        points: its corners; each part is level or upright.
        label_at: the middle of where its output may be named.
        is_back: it leads back to what comes before, so that only its beginning is drawn.
    """

    from_: str
    output: str
    to: str
    points: tuple[Point, ...]
    label_at: Point
    is_back: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """Around a loop or parallel node and what it runs; `depth` counts the frames around it."""

    node_id: str
    x: int
    y: int
    width: int
    height: int
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything on the canvas, and how big that is."""

    width: int
    height: int
    cards: tuple[Card, ...]
    strokes: tuple[Stroke, ...]
    pluses: tuple[Plus, ...]
    frames: tuple[Frame, ...]
