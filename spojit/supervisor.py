"""Runs the processes of an installation in the foreground: started together, stopped together.

Each is a session of its own, so that Ctrl-C reaches only us and we end them patiently; each dies
with us, by `setpriv --pdeathsig`, even when we are killed.
"""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PATIENCE_SECONDS = 60.0
HURRIED_SECONDS = 3.0
WATCH_SECONDS = 2.0
COLOURS = (36, 33, 35, 32, 34)
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Program:
    """One process: its name in the output, its command, and the signal it gets when we die."""

    name: str
    argv: list[str]
    death: str = "KILL"


@dataclass(frozen=True)
class Ended:
    """A process ended by itself or because we asked."""

    name: str
    code: int


@dataclass
class Supervisor:
    """Starts programs and waits for the first of: a stop signal, one that ends, a lost server."""

    programs: Sequence[Program]
    say: Callable[[str], None]
    lost: Callable[[], str] = lambda: ""
    started: Callable[[list[int]], None] = lambda _: None
    _events: queue.SimpleQueue[signal.Signals | Ended] = field(default_factory=queue.SimpleQueue)
    _alive: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def run(self) -> int:
        """Run until it is time to stop, then stop everything.

        Returns:
            The exit code: 0 when we were asked to stop, 1 when something ended by itself.
        """
        for number in STOP_SIGNALS:
            signal.signal(number, lambda value, _: self._events.put(signal.Signals(value)))
        processes = [self._start(program, order) for order, program in enumerate(self.programs)]
        self.started([process.pid for process in processes])
        reason = self._wait_for_reason()
        self.say(reason or "Stopping: work in progress is finished first (Ctrl-C again: at once).")
        self._stop()
        for process in processes:
            _kill_group(process.pid)
        return 1 if reason else 0

    def _start(self, program: Program, order: int) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603  # our own commands
            [*_dies_with_us(program.death), *program.argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert process.stdout is not None
        self._alive[program.name] = process
        _in_background(_copy_lines, process.stdout, _prefix(program.name, order))
        _in_background(self._announce_end, program.name, process)
        return process

    def _announce_end(self, name: str, process: subprocess.Popen[bytes]) -> None:
        self._events.put(Ended(name, process.wait()))

    def _wait_for_reason(self) -> str:
        while True:
            try:
                event = self._events.get(timeout=WATCH_SECONDS)
            except queue.Empty:
                if lost := self.lost():
                    return lost
                continue
            if isinstance(event, signal.Signals):
                return ""
            del self._alive[event.name]
            return f"{event.name} ended by itself ({_in_words(event.code)}): stopping the rest."

    def _stop(self) -> None:
        for process in self._alive.values():
            process.terminate()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._alive and (left := deadline - time.monotonic()) > 0:
            with suppress(queue.Empty):
                event = self._events.get(timeout=left)
                if isinstance(event, Ended):
                    del self._alive[event.name]
                else:
                    deadline = min(deadline, time.monotonic() + HURRIED_SECONDS)
        if self._alive:
            self.say(f"Killing what did not end in time: {', '.join(self._alive)}.")


def end_leftovers(leftovers: Sequence[tuple[int, str]]) -> None:
    """Kill process groups of an earlier run, each given as its leader's number and start."""
    for process, started in leftovers:
        if started and start_of(process) == started:
            _kill_group(process)


def start_of(process: int) -> str:
    """Return when a process started, in clock ticks since boot; empty when there is none.

    Field 22 of proc(5)'s stat: it tells a process from a later one with the same number.
    """
    try:
        with open(f"/proc/{process}/stat") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _dies_with_us(death: str) -> list[str]:
    found = shutil.which("setpriv")
    return [found, f"--pdeathsig={death}", "--"] if found else []


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _in_words(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def _prefix(name: str, order: int) -> bytes:
    text = f"{name:<9} | "
    if sys.stdout.isatty():
        text = f"\x1b[{COLOURS[order % len(COLOURS)]}m{text}\x1b[0m"
    return text.encode()


def _copy_lines(lines: IO[bytes], prefix: bytes) -> None:
    for line in lines:
        sys.stdout.buffer.write(prefix + line.rstrip(b"\n") + b"\n")
        sys.stdout.buffer.flush()


def _in_background(target: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=target, args=arguments, daemon=True).start()
