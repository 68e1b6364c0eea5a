"""The pins suffice on every Python that we support, not only on the one that made them."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.database import BASE_DIR

if TYPE_CHECKING:
    from collections.abc import Iterator

PYTHONS = ("3.11.0", "3.11.2", "3.11.3", "3.12.0", "3.13.0", "3.14.0")  # Debian 12 has 3.11.2


@pytest.mark.parametrize("python", PYTHONS)
def test_everything_that_is_needed_is_pinned(python: str) -> None:
    environment = {"python_full_version": python, "python_version": python.rpartition(".")[0]}
    assert needed(direct(), environment) - pinned(environment) == set()


def direct() -> Iterator[Requirement]:
    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]
    for group in (project["dependencies"], *project["optional-dependencies"].values()):
        yield from map(Requirement, group)


def pinned(environment: dict[str, str]) -> set[str]:
    lines = (BASE_DIR / "requirements.txt").read_text().splitlines()
    pins = [
        Requirement(line) for line in lines if "==" in line and not line.lstrip().startswith("#")
    ]
    return {canonicalize_name(pin.name) for pin in pins if applies(pin, environment)}


def needed(requirements: Iterator[Requirement], environment: dict[str, str]) -> set[str]:
    """Follow what installed packages ask for; a package that is not installed here ends the way."""
    found: set[tuple[str, frozenset[str]]] = set()
    waiting = list(requirements)
    while waiting:
        requirement = waiting.pop()
        step = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if step not in found:
            found.add(step)
            waiting += asked_by(requirement, environment)
    return {name for name, _ in found}


def asked_by(requirement: Requirement, environment: dict[str, str]) -> list[Requirement]:
    asked, extras = ever_asked_by(requirement.name), requirement.extras or {""}
    return [each for each in asked if any(applies(each, environment, extra) for extra in extras)]


@cache
def ever_asked_by(name: str) -> list[Requirement]:
    try:
        return [Requirement(text) for text in metadata.requires(name) or []]
    except metadata.PackageNotFoundError:
        return []


def applies(requirement: Requirement, environment: dict[str, str], extra: str = "") -> bool:
    values = {**environment, "extra": extra}
    return requirement.marker is None or requirement.marker.evaluate(values)
