"""Servers in processes of their own: settings go in as a line of JSON, "ready" comes out as one.

Such a process ends when its standard input does: nothing is left behind however a test ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def serving(argv: list[str], settings: dict[str, Any], *, folder: Path) -> Iterator[dict[str, Any]]:
    """Run a server in `folder` for the length of a block; give what it says when it is ready."""
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            argv, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said
        ) as process,
    ):
        try:
            yield _begin(process, settings, said)
        finally:
            process.kill()
            said.seek(0)
            sys.stderr.write(said.read().decode())  # pytest shows it when a test fails


def _begin(
    process: subprocess.Popen[bytes], settings: dict[str, Any], said: IO[bytes]
) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(settings).encode() + b"\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        said.seek(0)
        pytest.fail(f"{process.args!r} did not start:\n{said.read().decode()[-3000:]}")
    ready: dict[str, Any] = json.loads(line)
    return ready
