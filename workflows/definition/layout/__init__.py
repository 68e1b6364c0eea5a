"""Where cards and wires of a graph stand on the canvas, worked out from the graph alone. Pure.

Time runs from top to bottom. Branches stand side by side, what they meet at stands below them, and
loops and parallel branches have a frame around what is in them.
"""

from workflows.definition.layout.drawing import draw
from workflows.definition.layout.shapes import Card, Drawing, Frame, Plus, Stroke

__all__ = ["Card", "Drawing", "Frame", "Plus", "Stroke", "draw"]
