"""A block: a node, with all that only it leads to below it. Blocks are put together from inside.

Places in a block are counted from the middle of its node and from its top. A wire that leads out of
a block leaves it at its bottom, as an exit: down from there its way is free. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workflows.definition.layout import shapes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from workflows.definition.layout.shapes import Point

HALF = shapes.CARD_WIDTH // 2
_TURN, _LANE, _ARROW = 6, shapes.LANE_WIDTH // 2, 28


@dataclass(slots=True)
class Route:
    """One stroke while it is drawn: its corners, each in the block where it was decided."""

    from_: str
    output: str
    to: str
    is_back: bool = False
    corners: list[tuple[Block, int, int]] = field(default_factory=list)
    label_at: tuple[Block, int, int] | None = None
    plus_at: tuple[Block, int, int] | None = None


@dataclass(slots=True)
class Item:
    """What hangs on one output: a block, or a short lane that ends, or leads out."""

    route: Route
    block: Block | None
    left: int
    right: int
    height: int
    x: int = 0

    @classmethod
    def of(cls, route: Route, block: Block) -> Self:
        """Hang a block on an output."""
        return cls(route, block, block.left, block.right, block.height)

    @classmethod
    def lane(cls, route: Route, width: int) -> Self:
        """Let a wire go down alone."""
        return cls(route, None, -width // 2, width // 2, shapes.STUB_HEIGHT)


@dataclass(slots=True, eq=False)
class Block:
    """The extents to both sides of the node's middle, what is inside, and what leads out."""

    node_id: str
    left: int = 0
    right: int = 0
    height: int = 0
    card_y: int = -1
    frame: tuple[int, int, int] | None = None
    parts: list[tuple[Block, int, int, bool]] = field(default_factory=list)
    exits: list[tuple[Route, int]] = field(default_factory=list)

    def put_card(self) -> None:
        """Begin with the node's card."""
        self.card_y, self.height = self.height, self.height + shapes.CARD_HEIGHT
        self._widen(-HALF, HALF)

    def put_frame(self, items: list[Item], *, gap: int) -> None:
        """Begin with a frame around the node's card and what it runs."""
        self.height = shapes.PADDING
        self.put_card()
        self.put_row(items, gap=gap, is_framed=True)
        self.left, self.right = self.left - shapes.PADDING, self.right + shapes.PADDING
        self.height += shapes.PADDING
        self.frame = (self.left, self.right, self.height)

    def put_row(
        self, items: list[Item], *, gap: int, aside: int = 0, is_framed: bool = False
    ) -> None:
        """Put what hangs on outputs side by side below what is here.

        Args:
            items: from left to right.
            gap: to what is above.
            aside: how many of the last items stand beside, so that the others are in the middle.
            is_framed: whether they are in the node's frame.
        """
        if not items:
            return
        _side_by_side(items, middle=items[: len(items) - aside] or items)
        begin, top = self.height, self.height + gap
        self._pass_by(items[0].x + items[0].left, items[-1].x + items[-1].right, begin)
        for item in items:
            self._hang(item, begin, top, is_framed=is_framed)
        self.height = top + max(item.height for item in items)

    def put_join(self, block: Block) -> None:
        """Put a block below, to which exits lead; other exits pass by it."""
        arriving = [(route, x) for route, x in self.exits if route.to == block.node_id]
        self.exits = [(route, x) for route, x in self.exits if route.to != block.node_id]
        moved = self._pass_by(block.left, block.right, self.height)
        level = self.height + _TURN * (moved + 2)
        top = level + _ARROW
        for route, x in arriving:
            route.corners += [(self, x, level), (self, 0, level), (self, 0, top)]
        self._take_in(block, 0, top, is_framed=False)
        self.height = top + block.height

    def _hang(self, item: Item, begin: int, top: int, *, is_framed: bool) -> None:
        route, x = item.route, item.x
        turn = begin + 18
        route.corners += [(self, 0, begin), (self, 0, turn), (self, x, turn), (self, x, top)]
        route.label_at = (self, x, begin + 38)
        if item.block is None:
            self._widen(x + item.left, x + item.right)
            route.plus_at = (self, x, top + shapes.STUB_HEIGHT // 2)
            if route.to and not route.is_back:
                self.exits.append((route, x))
        else:
            route.plus_at = (self, x, top - 26)
            self._take_in(item.block, x, top, is_framed=is_framed)

    def _take_in(self, block: Block, x: int, y: int, *, is_framed: bool) -> None:
        self.parts.append((block, x, y, is_framed))
        self._widen(x + block.left, x + block.right)
        self.exits += [(route, x + at) for route, at in block.exits]

    def _pass_by(self, left: int, right: int, y: int) -> int:
        """Lead exits around what comes next between `left` and `right`; return how many turned."""
        if not self.exits:
            return 0
        kept = [one for one in self.exits if not left - _LANE < one[1] < right + _LANE]
        moved = [one for one in self.exits if left - _LANE < one[1] < right + _LANE]
        beside = {-1: left, 1: right}
        for place, (route, x) in enumerate(sorted(moved, key=_from_middle)):
            side = 1 if x >= 0 else -1
            beside[side] += side * shapes.LANE_WIDTH
            level, to = y + _TURN * (place + 1), beside[side] - side * _LANE
            route.corners += [(self, x, level), (self, to, level)]
            kept.append((route, to))
            self._widen(to - _LANE, to + _LANE)
        self.exits = kept
        return len(moved)

    def _widen(self, left: int, right: int) -> None:
        self.left, self.right = min(self.left, left), max(self.right, right)


def _from_middle(one: tuple[Route, int]) -> int:
    """Order exits so that the outer ones turn first, and lines beside each other do not cross."""
    return -abs(one[1])


def _side_by_side(items: list[Item], *, middle: list[Item]) -> None:
    """Give items their places beside each other, the middle ones around 0."""
    edge = 0
    for item in items:
        item.x = edge - item.left
        edge = item.x + item.right + shapes.BESIDE
    centre = (middle[0].x + middle[-1].x) // 2
    for item in items:
        item.x -= centre


def absolute(root: Block) -> dict[Block, tuple[int, int, int]]:
    """Return where each block stands, and in how many frames."""
    found: dict[Block, tuple[int, int, int]] = {}
    waiting = [(root, 0, 0, 0)]
    while waiting:
        block, x, y, depth = waiting.pop()
        found[block] = (x, y, depth)
        waiting += [
            (part, x + dx, y + dy, depth + is_framed) for part, dx, dy, is_framed in block.parts
        ]
    return found


def corners(points: Iterable[Point]) -> tuple[Point, ...]:
    """Leave out points at which a line does not turn."""
    found: list[Point] = []
    for point in points:
        if found and point == found[-1]:
            continue
        if len(found) > 1 and _is_straight(found[-2], found[-1], point):
            found.pop()
        found.append(point)
    return tuple(found)


def _is_straight(one: Point, two: Point, three: Point) -> bool:
    return one[0] == two[0] == three[0] or one[1] == two[1] == three[1]
