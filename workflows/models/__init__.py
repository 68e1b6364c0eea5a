"""Rows of workflows: what was made, each version of it, what it refers to, and each run of it."""

from workflows.models.reference import Reference
from workflows.models.run import Run, RunStatus, TriggerKind
from workflows.models.step import Step, StepStatus
from workflows.models.version import Version
from workflows.models.workflow import Workflow

__all__ = [
    "Reference",
    "Run",
    "RunStatus",
    "Step",
    "StepStatus",
    "TriggerKind",
    "Version",
    "Workflow",
]
