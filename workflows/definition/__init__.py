"""What a workflow is: nodes and wires as frozen values, and all that can be wrong with them."""

from workflows.definition.graph import Graph, Node, Wire
from workflows.definition.problems import Problem
from workflows.definition.reading import read

__all__ = ["Graph", "Node", "Problem", "Wire", "read"]
