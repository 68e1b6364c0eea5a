"""Rows of workflows: what was made, each version of it, what it refers to, and each run of it."""

from workflows.models.approval import Approval, Decision
from workflows.models.pin import Pin
from workflows.models.reference import Reference
from workflows.models.revision import Revision
from workflows.models.run import Run, RunStatus, TriggerKind
from workflows.models.schedule import Schedule
from workflows.models.step import Step, StepStatus
from workflows.models.version import Version
from workflows.models.workflow import Workflow

__all__ = [
    "Approval",
    "Decision",
    "Pin",
    "Reference",
    "Revision",
    "Run",
    "RunStatus",
    "Schedule",
    "Step",
    "StepStatus",
    "TriggerKind",
    "Version",
    "Workflow",
]
