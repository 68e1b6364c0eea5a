"""The form of each kind of node; a new kind is a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.forms.steps.connecting import ConnectorForm
from workflows.forms.steps.deciding import ApprovalForm, ConditionForm
from workflows.forms.steps.flowing import DelayForm, LoopForm, ParallelForm
from workflows.forms.steps.giving import EmailForm, ResponseForm, SubWorkflowForm, TransformForm
from workflows.forms.steps.triggers import TriggerForm

if TYPE_CHECKING:
    from workflows.forms.steps.base import StepForm

FORMS: dict[str, type[StepForm]] = {
    "trigger": TriggerForm,
    "connector": ConnectorForm,
    "condition": ConditionForm,
    "loop": LoopForm,
    "parallel": ParallelForm,
    "transform": TransformForm,
    "approval": ApprovalForm,
    "sub_workflow": SubWorkflowForm,
    "email": EmailForm,
    "response": ResponseForm,
    "delay": DelayForm,
}
