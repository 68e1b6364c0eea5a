"""Connector: which service, through which connection, which tool, with which arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from connectors import registry
from connectors.manifest.connector import UnknownTool
from connectors.registry import UnknownConnector
from workflows.definition import settings as kinds
from workflows.forms.steps import arguments
from workflows.forms.steps.base import StepForm
from workflows.forms.steps.lines import Setting

if TYPE_CHECKING:
    from connectors.manifest import Connector, Tool

EFFECTS = {"read": "Reads", "write": "Writes", "destructive": "May destroy"}


class ConnectorForm(StepForm):
    """A call. `choose_connector` and `choose_connection` are buttons that count before the rest."""

    has_output = True

    def build(self) -> None:
        """Ask for what is known so far: a tool when there is a connector, then its arguments."""
        self.connector = connector_of(self.given)
        self.tool = tool_of(self.connector, self.given)
        self._hidden("connector")
        self.connection = self._hidden("connection_id")
        self.fields["choose_connector"] = forms.CharField(required=False)
        self.fields["choose_connection"] = forms.CharField(required=False)
        self.tool_setting = self._tool() if self.connector else self._hidden("tool")
        self.lines.append(self.tool_setting)
        self.arguments: list[Setting] = []
        if self.tool:
            required = self.tool.required
            self.arguments = [
                arguments.add(self, f"arguments.{name}", schema, is_required=name in required)
                for name, schema in _required_first(self.tool)
            ]
        self.rest = Setting("arguments", "Arguments")
        self.lines += [*self.arguments, self.rest]

    @property
    def settings(self) -> dict[str, Any]:
        """Let go of what belongs to another connector, and of arguments that no tool takes."""
        chosen = self.cleaned_data["choose_connector"] or self.stored("connector")
        found = super().settings
        if chosen != self.stored("connector"):
            kept = ("output", "attempts", "timeout_seconds", "on_failure")
            return {"connector": chosen, **{key: found[key] for key in kept if key in found}}
        if connection := self.cleaned_data["choose_connection"]:
            found["connection_id"] = connection
        tool = tool_of(self.connector, found)
        if tool is not None and found.get("tool") != self.stored("tool"):
            given = found.get("arguments")
            given = given if isinstance(given, dict) else {}
            found["arguments"] = {k: v for k, v in given.items() if k in tool.properties}
        return found

    def _hidden(self, key: str) -> Setting:
        setting = self.add_text(key, key, takes_names=False)
        self.lines.append(setting)
        return setting

    def _tool(self) -> Setting:
        assert self.connector is not None
        groups: list[tuple[str, Any]] = [("", "Choose…")]
        for effect, label in EFFECTS.items():
            tools = [(t.key, _title(t)) for t in self.connector.tools if t.effect == effect]
            if tools:
                groups.append((label, tools))
        stored = self.stored("tool")
        if stored and self.tool is None:
            groups.append((str(stored), f"{stored} (unknown)"))
        made = forms.ChoiceField(label="Tool", choices=groups, required=False)
        return self.add("tool", made, takes_names=False, is_required=True)

    def _build_extras(self) -> None:
        self.extras += [
            self.add_number(
                "attempts",
                "Attempts",
                least=1,
                most=5,
                default=1,
                help="A call that failed in passing is made again after 1, 2, 4 and 8 seconds.",
            ),
            self.add_number(
                "timeout_seconds",
                "Timeout in seconds",
                least=1,
                most=30,
                default=kinds.Connector.model_fields["timeout_seconds"].default,
            ),
        ]
        super()._build_extras()


def connector_of(given: dict[str, Any]) -> Connector | None:
    """Find the connector that settings name, when there is such a one."""
    key = given.get("connector")
    try:
        return registry.get(key) if isinstance(key, str) else None
    except UnknownConnector:
        return None


def tool_of(connector: Connector | None, given: dict[str, Any]) -> Tool | None:
    """Find the tool that settings name, when there is such a one."""
    key = given.get("tool")
    try:
        return connector.tool(key) if connector and isinstance(key, str) else None
    except UnknownTool:
        return None


def _required_first(tool: Tool) -> list[tuple[str, dict[str, Any]]]:
    return sorted(tool.properties.items(), key=lambda one: one[0] not in tool.required)


def _title(tool: Tool) -> str:
    return f"{tool.title} (deprecated)" if tool.deprecation else tool.title
