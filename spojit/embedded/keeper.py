"""A small process that runs servers for as long as somebody holds them. Run as a script.

It reads one JSON document from standard input, goes into the background, and imports nothing but
the standard library. Each program dies with it (`setpriv --pdeathsig`), and it ends when
no process has a lock on the holders' file any more: the kernel lets go even after `kill -9`.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, TextIO

PATIENCE_SECONDS = 15.0
AWAITED = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}


def main() -> int:
    """Take the lock, go into the background, run the programs until it is time to stop."""
    document = json.load(sys.stdin)
    lock = Path(document["lock"]).open("a")  # noqa: SIM115  # held until the process ends
    fcntl.flock(lock, fcntl.LOCK_EX)
    holders = Path(document["holders"]).open("a")  # noqa: SIM115
    if os.fork():
        os._exit(0)
    os.setsid()
    _leave_terminal(document["log"])
    _keep([(_start(each), each["stop"]) for each in document["programs"]], holders)
    return 0


def _leave_terminal(log: str) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)


def _start(program: dict[str, Any]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(program["argv"], stdin=subprocess.PIPE, cwd="/")  # noqa: S603
    assert process.stdin is not None
    process.stdin.write(program["stdin"].encode())
    process.stdin.close()
    return process


def _keep(programs: list[tuple[subprocess.Popen[bytes], str]], holders: TextIO) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED)  # after the programs, which would inherit it
    threading.Thread(target=_stop_when_free, args=(holders,), daemon=True).start()
    while all(process.poll() is None for process, _ in programs):
        if signal.sigwait(AWAITED) != signal.SIGCHLD:
            break
    for process, stop in reversed(programs):
        _stop(process, signal.Signals[stop])


def _stop_when_free(holders: TextIO) -> None:
    fcntl.flock(holders, fcntl.LOCK_EX)
    os.kill(os.getpid(), signal.SIGTERM)


def _stop(process: subprocess.Popen[bytes], stop: signal.Signals) -> None:
    process.send_signal(stop)
    try:
        process.wait(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
