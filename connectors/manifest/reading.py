"""Reads a connector file; what is wrong is said with its file, path and fix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from connectors.manifest import generated, parsed
from connectors.manifest.connector import Connector
from spojit.lib.errors import SpojitError

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails

_FIXES = {
    "extra_forbidden": "there is no such key here; remove it, or look for a typing error",
    "missing": "it is required; add it",
    "literal_error": "use one of the allowed values",
    "string_type": "write a text; put it in quotes when it looks like something else",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where in the file, what, and how to mend it."""

    file: str
    path: str
    message: str

    def __str__(self) -> str:
        """Write it as one line, the way compilers do."""
        return f"{self.file}: {self.path or 'the file'}: {self.message}"


class BadManifest(SpojitError):
    """A connector file breaks the contract; `problems` lists how."""

    code = "bad_manifest"

    def __init__(self, problems: list[Problem]) -> None:
        """Take every problem that was found, not only the first."""
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


def from_yaml(path: Path) -> Connector:
    """Read a connector from a YAML file. Raises: BadManifest."""
    try:
        data = parsed.load(path)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else ""
        raise BadManifest(
            [Problem(path.name, where, "this is not YAML; mend its syntax")]
        ) from None
    if not isinstance(data, dict):
        raise BadManifest([Problem(path.name, "", "write a mapping with key, name and so on")])
    return checked(_validated(data, path), path)


def checked(connector: Connector, path: Path) -> Connector:
    """Check that a file is named by its connector's key. Raises: BadManifest."""
    if connector.key != path.stem:
        message = f"a file is named by its key; use {path.stem}, or rename the file"
        raise BadManifest([Problem(path.name, "key", message)])
    return connector


def described(data: dict[str, Any], *, path: Path) -> Connector:
    """Read a connector from what `model_dump` gave, without functions. Raises: BadManifest."""
    for scheme in data["schemes"]:
        scheme["verification"] = None
    for tool in data["tools"]:
        tool["request"] = tool["request"] or {"path": "/"}
    try:
        return Connector.model_validate(data, context={"is_whole": True})
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise BadManifest([_problem(detail, data, path) for detail in details]) from None


def _validated(data: dict[str, Any], path: Path) -> Connector:
    data = generated.complete(data)
    try:
        return Connector.model_validate(data, context={"is_whole": True})
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise BadManifest([_problem(detail, data, path) for detail in details]) from None


def _problem(detail: ErrorDetails, data: dict[str, Any], path: Path) -> Problem:
    message = detail["msg"].removeprefix("Value error, ")
    fix = _FIXES.get(detail["type"], "")
    return Problem(path.name, _where(detail["loc"], data), f"{message}; {fix}" if fix else message)


def _where(location: tuple[int | str, ...], data: Any) -> str:
    """Write a place with keys in place of positions: `tools[create_issue].effect`."""
    text = ""
    for step in location:
        data = _child(data, step)
        key = data.get("key") if isinstance(data, dict) else None
        if isinstance(step, int):
            text += f"[{key or step}]"
        else:
            text += f".{step}" if text else step
    return text


def _child(data: Any, step: int | str) -> Any:
    if isinstance(data, list):
        return data[step] if isinstance(step, int) and step < len(data) else None
    return data.get(step) if isinstance(data, dict) else None
