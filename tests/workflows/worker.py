"""A worker of runs as a process of its own, to be killed: `python -m tests.workflows.worker`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent.parent


def begin(**environment: str) -> subprocess.Popen[bytes]:
    """Begin one; it works until it is killed."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.workflows.worker"],
        cwd=FOLDER,
        env=os.environ | {"DATABASE_POOL_SIZE": "8"} | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    """End it as nothing can catch."""
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)


if __name__ == "__main__":
    import django

    django.setup()
    from workflows.runs import working

    while True:
        working.work(threads=4, seconds=5)
        time.sleep(0.05)
