"""Rows of workflows: what was made, each version of it, and what it refers to."""

from workflows.models.reference import Reference
from workflows.models.version import Version
from workflows.models.workflow import Workflow

__all__ = ["Reference", "Version", "Workflow"]
