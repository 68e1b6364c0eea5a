"""Keeps parsed YAML beside compiled Python, in __pycache__: reading it again costs a thirtieth."""

from __future__ import annotations

import contextlib
import marshal
import os
import sys
import tempfile
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(path: Path) -> Any:
    """Read a YAML file, from what was kept when the file has not changed since.

    Raises:
        yaml.YAMLError: it is not YAML.
    """
    status = path.stat()
    state = (status.st_mtime_ns, status.st_size)
    kept = _kept_at(path)
    with contextlib.suppress(OSError, ValueError, EOFError, TypeError):
        known, data = marshal.loads(kept.read_bytes())  # noqa: S302 - as trusted as the .pyc beside it
        if known == state:
            return data
    data = parse(path.read_text(encoding="utf-8"))
    _keep(kept, (state, data))
    return data


def parse(text: str) -> Any:
    """Read YAML. Raises: yaml.YAMLError."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, in C


def _kept_at(path: Path) -> Path:
    return path.parent / "__pycache__" / f"{path.name}.{sys.implementation.cache_tag}.parsed"


def _keep(path: Path, value: Any) -> None:
    """Write at once or not at all; a folder that cannot be written to is fine, too.

    Values that cannot be kept (a date) are for the manifest to refuse.
    """
    with contextlib.suppress(OSError, ValueError):
        content = marshal.dumps(value)
        path.parent.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(content)
        os.replace(file.name, path)  # noqa: PTH105 - names, not paths
