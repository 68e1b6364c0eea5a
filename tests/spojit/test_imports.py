"""What is imported is declared: a package that only comes along with another may stop doing so."""

from __future__ import annotations

import ast
import sys
import tomllib
from importlib import metadata
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.database import BASE_DIR

if TYPE_CHECKING:
    from collections.abc import Iterator

APPS = ("connections", "connectors", "spojit", "workflows", "workspaces")
OWN = {*APPS, "bench", "docs", "tests"}
PACKAGES = metadata.packages_distributions()


@pytest.mark.parametrize("folder", APPS)
def test_what_runs_imports_only_what_is_declared_for_running(folder: str) -> None:
    assert undeclared(folder, declared("dependencies", "embedded", "kms")) == set()


@pytest.mark.parametrize("folder", ["bench", "docs", "tests"])
def test_what_develops_imports_only_what_is_declared(folder: str) -> None:
    assert undeclared(folder, declared("dependencies", "embedded", "kms", "dev")) == set()


def test_an_import_that_nobody_declared_is_found() -> None:
    source = "import os\nif True:\n    from httpx.sub import name\nfrom . import own\nimport yaml.a"
    assert set(imported(ast.parse(source))) == {"os", "httpx", "yaml"}
    assert is_declared("yaml", {"pyyaml"})
    assert not is_declared("yaml", {"httpx"})
    assert not is_declared("httpx", {"pyyaml"})


def undeclared(folder: str, known: set[str]) -> set[str]:
    """Name the modules from outside that are imported at run time, and come from nothing known."""
    names: set[str] = set()
    for path in (BASE_DIR / folder).rglob("*.py"):
        names |= set(imported(ast.parse(path.read_bytes())))
    return {name for name in names if not is_declared(name, known)}


def is_declared(name: str, known: set[str]) -> bool:
    if name in OWN or name in sys.stdlib_module_names:
        return True
    return bool(known & {canonicalize_name(package) for package in PACKAGES.get(name, [])})


def imported(node: ast.AST) -> Iterator[str]:
    """Yield the top-level modules that are imported anywhere but for types only."""
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        yield str(node.module).partition(".")[0]
    for child in ast.iter_child_nodes(node):
        yield from imported(child)


def declared(*groups: str) -> set[str]:
    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]
    lists = {"dependencies": project["dependencies"], **project["optional-dependencies"]}
    return {canonicalize_name(Requirement(text).name) for group in groups for text in lists[group]}
