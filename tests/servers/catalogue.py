"""Connectors that only tests have, added to the catalogue for a test or for a whole process."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from connectors import registry

if TYPE_CHECKING:
    from collections.abc import Iterator

OIDC = Path(__file__).resolve().parent.parent / "oidc" / "oidc.yaml"
"""The test service: schemes `oauth2` and `oauth2_client`, and the field `host` for its place."""

VARIABLE = "TEST_CONNECTORS"

_get = registry.get  # tests may put another in its place


@contextmanager
def with_connectors(*files: Path) -> Iterator[None]:
    """Add connector files to the catalogue of this process, and of those that it begins."""
    known, named = registry.paths, os.environ.get(VARIABLE)
    os.environ[VARIABLE] = os.pathsep.join(map(str, files))
    install_from_environment()
    try:
        yield
    finally:
        registry.paths = known
        _get.cache_clear()
        _restore(named)


def install_from_environment() -> None:
    """Add the files that the variable names; settings of processes call it."""
    known = registry.paths()
    added = {path.stem: path for path in map(Path, os.environ[VARIABLE].split(os.pathsep))}
    registry.paths = lambda: known | added  # type: ignore[assignment]
    _get.cache_clear()


def _restore(named: str | None) -> None:
    if named is None:
        del os.environ[VARIABLE]
    else:
        os.environ[VARIABLE] = named
