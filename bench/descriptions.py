"""Reads published OpenAPI descriptions as far as requests need it: paths, parameters, bodies."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = re.compile(r"\{[^{}]*\}")
_DEPTH = 12


@dataclass
class Operation:
    """What a description says of one method of one path.

    Attributes:
        query, required_query: names of parameters.
        members: names in the body; None when the description does not say.
        required: members that the body must have.
    """

    query: set[str]
    required_query: set[str]
    members: set[str] | None
    required: set[str] = field(default_factory=set)


class Description:
    """One OpenAPI (3) or Swagger (2) document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        bases = {""} | {_path(str(one.get("url", ""))) for one in document.get("servers", [])}
        bases.add(str(document.get("basePath", "")).rstrip("/"))
        self._paths = {
            base + path: item for path, item in document["paths"].items() for base in bases
        }

    def find(self, method: str, paths: list[str]) -> Operation | str:
        """Find the operation of one of the paths; else say what is not there."""
        found = max(
            (
                (score, path)
                for path in self._paths
                for given in paths
                if (score := _fit(given, path))
            ),
            default=None,
        )
        if found is None:
            return "no such path"
        item = self._resolved(self._paths[found[1]])
        operation = item.get(method.lower())
        return f"no {method} there" if operation is None else self._operation(item, operation)

    def _operation(self, item: dict[str, Any], operation: dict[str, Any]) -> Operation:
        given = [*item.get("parameters", []), *operation.get("parameters", [])]
        parameters = [self._resolved(one) for one in given]
        query = [one for one in parameters if one.get("in") == "query"]
        members, required = self._body(operation, parameters)
        return Operation(
            query={_bare(one["name"]) for one in query},
            required_query={_bare(one["name"]) for one in query if one.get("required")},
            members=members,
            required=required,
        )

    def _body(
        self, operation: dict[str, Any], parameters: list[dict[str, Any]]
    ) -> tuple[set[str] | None, set[str]]:
        form = {one["name"] for one in parameters if one.get("in") == "formData"}
        if form:
            return form, {
                one["name"]
                for one in parameters
                if one.get("in") == "formData" and one.get("required")
            }
        body = self._resolved(operation.get("requestBody") or {})
        schemas = [kind.get("schema", {}) for kind in body.get("content", {}).values()]
        schemas += [one.get("schema", {}) for one in parameters if one.get("in") == "body"]
        if not schemas:
            return set(), set()
        parts = [part for schema in schemas for part in self._parts(schema)]
        if not any(part.get("properties") for part, _ in parts):
            return None, set()
        members = {name for part, _ in parts for name in part.get("properties", {})}
        must = {name for part, is_sure in parts if is_sure for name in part.get("required", [])}
        return {_bare(name) for name in members}, must if len(schemas) == 1 else set()

    def _parts(
        self, schema: dict[str, Any], *, is_sure: bool = True, depth: int = 0
    ) -> Iterator[tuple[dict[str, Any], bool]]:
        """Give a schema and what it is made of; what only may be meant is not sure."""
        schema = self._resolved(schema)
        if depth > _DEPTH:
            return
        yield schema, is_sure
        for way in ("allOf", "oneOf", "anyOf"):
            for part in schema.get(way, []):
                sure = is_sure and way == "allOf"
                yield from self._parts(part, is_sure=sure, depth=depth + 1)

    def _resolved(self, value: Any) -> dict[str, Any]:
        for _ in range(_DEPTH):
            if not isinstance(value, dict) or not isinstance(value.get("$ref"), str):
                break
            target: Any = self._document
            for step in value["$ref"].removeprefix("#/").split("/"):
                name = (
                    step.replace("~1", "/")
                    .replace("~0", "~")
                    .replace("%7B", "{")
                    .replace("%7D", "}")
                )
                target = target.get(name, {}) if isinstance(target, dict) else {}
            value = target
        return value if isinstance(value, dict) else {}


def _path(url: str) -> str:
    return urlsplit(url).path.rstrip("/") if "{" not in url.partition("//")[0] else ""


def _bare(name: str) -> str:
    """Give the name of a parameter without what says that there are several."""
    return name.partition("[")[0]


def _fit(given: str, path: str) -> int:
    """Say how well a tool's path fits one that is described: 0 is not at all."""
    ours, theirs = _steps(given), _steps(path.partition("?")[0])
    if len(ours) != len(theirs):
        return 0
    score = 1
    for mine, other in zip(ours, theirs, strict=True):
        if mine != other and "{}" not in (mine, other):
            return 0
        score += 3 if mine == other else 1
    return score


def _steps(path: str) -> list[str]:
    """Split a path; what stands in braces, an ending and a namespace of OData do not count."""
    plain = _NAME.sub("{}", path).rstrip("/").removesuffix(".json")
    return [step.removeprefix("microsoft.graph.") for step in plain.split("/")]
