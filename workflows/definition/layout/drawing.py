"""Draws a graph: makes a block of each node, from inside, and then says where all is. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from workflows.definition.layout import shapes
from workflows.definition.layout.blocks import Block, Item, Route, absolute, corners
from workflows.definition.layout.flow import ROOT, flow_of, wires_of
from workflows.definition.layout.shapes import Card, Drawing, Frame, Plus, Stroke

if TYPE_CHECKING:
    from workflows.definition.graph import Graph, Node, Wire
    from workflows.definition.layout.flow import Flow

_HOLDERS = ("loop", "parallel")


def draw(graph: Graph) -> Drawing:
    """Say where everything stands; of nodes with the same ID, the first is drawn."""
    return _Drawer(graph, flow_of(graph)).drawing()


class _Drawer:
    def __init__(self, graph: Graph, flow: Flow) -> None:
        self.graph = graph
        self.flow = flow
        self.routes: list[Route] = []
        self.blocks: dict[str, Block] = {}
        self.leaving: dict[tuple[str, str], list[Wire]] = defaultdict(list)
        for wire in wires_of(graph):
            self.leaving[wire.from_, wire.output].append(wire)

    def drawing(self) -> Drawing:
        for node_id in reversed(self.flow.order):
            self.blocks[node_id] = self._block(self.graph.by_id[node_id])
        return self._placed(self._root())

    def _root(self) -> Block:
        """Put what nothing leads to side by side, triggers first."""
        ids = dict.fromkeys(node.id for node in self.graph.nodes)
        heads = [one for one in ids if not self.flow.arriving[one]]
        heads.sort(key=lambda one: self.graph.by_id[one].kind != "trigger")
        root = Block(ROOT)
        root.put_row([Item.of(Route("", "", one), self.blocks[one]) for one in heads], gap=0)
        self._put_joins(root)
        return root

    def _block(self, node: Node) -> Block:
        block = Block(node.id)
        outputs = self._outputs(node)
        inner = [name for name in outputs if is_inner(node.kind, name)]
        outer = [name for name in outputs if name not in inner]
        if node.kind in _HOLDERS:
            block.put_frame(self._items(node, inner), gap=shapes.LONG)
        else:
            block.put_card()
        items = self._items(node, outer)
        aside = sum(item.route.output == "error" for item in items)
        block.put_row(items, gap=_gap(items, outputs), aside=aside)
        self._put_joins(block)
        return block

    def _put_joins(self, block: Block) -> None:
        for join in self.flow.joins[block.node_id]:
            block.put_join(self.blocks[join])

    def _outputs(self, node: Node) -> list[str]:
        """Name the outputs of a node, and those that wires say it has."""
        leaving = self.graph.leaving.get(node.id, ())
        found = [*node.outputs, *(w.output for w in leaving if w.to in self.graph.by_id)]
        return list(dict.fromkeys(found))

    def _items(self, node: Node, outputs: list[str]) -> list[Item]:
        found: list[Item] = []
        for output in outputs:
            wires = self.leaving.get((node.id, output), [])
            found += [self._item(wire) for wire in wires] or [self._free(node.id, output)]
        return found

    def _item(self, wire: Wire) -> Item:
        route = Route(wire.from_, wire.output, wire.to, is_back=wire.place in self.flow.back)
        self.routes.append(route)
        if route.is_back:
            return Item.lane(route, shapes.STUB_WIDTH)
        if len(self.flow.arriving[wire.to]) > 1:
            return Item.lane(route, shapes.LANE_WIDTH)
        return Item.of(route, self.blocks[wire.to])

    def _free(self, node_id: str, output: str) -> Item:
        self.routes.append(Route(node_id, output, ""))
        return Item.lane(self.routes[-1], shapes.STUB_WIDTH)

    def _placed(self, root: Block) -> Drawing:
        places = absolute(root)
        shift = shapes.MARGIN - root.left
        at = {block: (x + shift, y + shapes.MARGIN) for block, (x, y, _) in places.items()}
        strokes = [_stroke(route, at) for route in self.routes]
        return Drawing(
            width=root.right - root.left + 2 * shapes.MARGIN,
            height=root.height + 2 * shapes.MARGIN,
            cards=tuple(_card(block, at[block]) for block in at if block is not root),
            strokes=tuple(strokes),
            pluses=tuple(_plus(route, at) for route in self.routes if not route.is_back),
            frames=tuple(
                _frame(block, at[block], depth)
                for block, (_, _, depth) in places.items()
                if block.frame
            ),
        )


def is_inner(kind: str, output: str) -> bool:
    """Whether what hangs on an output is in the node's frame."""
    return (kind == "loop" and output == "each") or (
        kind == "parallel" and output.startswith("branch_")
    )


def _gap(items: list[Item], outputs: list[str]) -> int:
    """Leave room for words where a wire has some."""
    if outputs != ["next"] or len(items) > 1:
        return shapes.LONG
    return shapes.SHORT if items[0].block else shapes.SHORT // 2


def _card(block: Block, at: tuple[int, int]) -> Card:
    return Card(block.node_id, at[0] - shapes.CARD_WIDTH // 2, at[1] + block.card_y)


def _frame(block: Block, at: tuple[int, int], depth: int) -> Frame:
    left, right, height = block.frame or (0, 0, 0)
    return Frame(block.node_id, at[0] + left, at[1], right - left, height, depth)


def _stroke(route: Route, at: dict[Block, tuple[int, int]]) -> Stroke:
    points = [_point(corner, at) for corner in route.corners]
    label = _point(route.label_at, at) if route.label_at else points[0]
    return Stroke(route.from_, route.output, route.to, corners(points), label, route.is_back)


def _plus(route: Route, at: dict[Block, tuple[int, int]]) -> Plus:
    x, y = _point(route.plus_at, at) if route.plus_at else (0, 0)
    return Plus(route.from_, route.output, x, y, is_free=not route.to)


def _point(corner: tuple[Block, int, int], at: dict[Block, tuple[int, int]]) -> tuple[int, int]:
    block, x, y = corner
    return at[block][0] + x, at[block][1] + y
