"""Reads connectors as they were at a git ref, without touching the files that are there now."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

from connectors import registry
from connectors.manifest import Connector, reading
from spojit.lib.errors import Refused

ROOT = registry.CATALOGUE.parent.parent

_DUMP = """
import json
from connectors import registry
print(json.dumps({found.key: found.model_dump(mode="json") for found in registry.all()}))
"""


class UnknownRef(Refused):
    """Git has no such commit, branch or tag, or no catalogue can be read there."""

    code = "unknown_ref"


@lru_cache(maxsize=4)
def catalogue(ref: str) -> dict[str, Connector]:
    """Give the connectors that there were, by key; the code of that time describes them itself.

    Raises:
        UnknownRef: there is no such ref, or nothing that can be read there.
        BadManifest: a connector cannot be compared with those of today.
    """
    try:
        commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        told = _described(commit.decode().strip())
    except subprocess.CalledProcessError:
        raise UnknownRef(f"No catalogue can be read at {ref[:80]!r}.") from None
    return {
        key: reading.described(data, path=Path(f"{key} at {ref}"))
        for key, data in json.loads(told).items()
    }


def _described(commit: str) -> bytes:
    archive = _git("archive", commit, "connectors", "spojit")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)  # noqa: S603, S607
        done = subprocess.run(  # noqa: S603 - our own code, at a commit of ours
            [sys.executable, "-c", _DUMP],
            cwd=folder,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            check=True,
            capture_output=True,
        )
        return done.stdout


def _git(*words: str) -> bytes:
    """Run git in the repository; only checked commits come after the options."""
    done = subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True)  # noqa: S603, S607
    return done.stdout
