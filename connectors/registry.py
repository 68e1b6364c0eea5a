"""Finds the catalogue: one file is one connector. Files are read when asked for, and kept."""

from __future__ import annotations

import gc
import importlib
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.manifest import Connector, reading
from spojit.lib.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

CATALOGUE = Path(__file__).parent / "catalogue"


class UnknownConnector(Refused):
    """The catalogue has no connector of that key."""

    code = "unknown_connector"
    message = "There is no such connector in the catalogue."


@lru_cache(maxsize=1)
def paths() -> dict[str, Path]:
    """Find each connector's file by the key that is its name."""
    found = [path for path in CATALOGUE.iterdir() if path.suffix in {".yaml", ".py"}]
    return {path.stem: path for path in sorted(found) if not path.stem.startswith("_")}


@lru_cache(maxsize=1024)
def get(key: str) -> Connector:
    """Find a connector. Raises: UnknownConnector; BadManifest when its file is wrong."""
    path = paths().get(key)
    if path is None:
        raise UnknownConnector(hint=f"Looked for {key[:60]!r}.")
    return load(path)


def all() -> list[Connector]:  # noqa: A001 - `registry.all()` is how it is asked for
    """Give every connector, by name."""
    with _without_collecting():
        return sorted((get(key) for key in paths()), key=lambda found: found.name.casefold())


def load(path: Path) -> Connector:
    """Read one file of the catalogue. Raises: BadManifest."""
    if path.suffix == ".yaml":
        return reading.from_yaml(path)
    module = importlib.import_module(f"connectors.catalogue.{path.stem}")
    return reading.checked(module.connector, path)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Look for no garbage meanwhile: many objects are made, and all are kept.

    In a process that holds the whole product, one look takes as long as reading forty files.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
