"""The supervisor: patient when asked to stop, clear when something ends, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from spojit import supervisor

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN = """
import sys
from spojit.supervisor import Program, Supervisor
programs = [
    Program(name, [sys.executable, "-u", "-c", code])
    for name, code in zip(sys.argv[1::2], sys.argv[2::2])
]
say = lambda line: print(line + "\\n", end="", flush=True)
sys.exit(Supervisor(programs, say=say, started=lambda numbers: say(f"started {numbers}")).run())
"""
SLEEPS = "import time; print('up'); time.sleep(60)"
FINISHES = """
import signal, sys, time
def finish(*_):
    time.sleep(0.3)
    print("finished its work")
    sys.exit(0)
signal.signal(signal.SIGTERM, finish)
print("up")
time.sleep(60)
"""
REFUSES = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up")
time.sleep(60)
"""
HAS_A_CHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("child", child.pid)
time.sleep(60)
"""


@contextmanager
def supervised(**programs: str) -> Iterator[subprocess.Popen[str]]:
    """Run programs, given as name and code, under a supervisor in a process of its own."""
    words = [word for pair in programs.items() for word in pair]
    command = [sys.executable, "-c", RUN, *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def read_until(running: subprocess.Popen[str], *expected: str) -> list[str]:
    """Read lines until each of the expected ones has come, in any order."""
    assert running.stdout is not None
    lines: list[str] = []
    while not set(expected) <= set(lines):
        line = running.stdout.readline()
        assert line, f"it ended after {lines}"
        lines.append(line.rstrip("\n"))
    return lines


def rest(running: subprocess.Popen[str]) -> list[str]:
    assert running.stdout is not None
    return running.stdout.read().splitlines()


def numbers_in(lines: list[str]) -> list[int]:
    line = next(line for line in lines if line.startswith("started "))
    return [int(word) for word in line.removeprefix("started ").strip("[]").split(",")]


def wait_until_gone(number: int) -> None:
    deadline = time.monotonic() + 10
    while is_alive(number) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(number)


def is_alive(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_lines_carry_the_name_of_their_program() -> None:
    with supervised(web=SLEEPS, worker=SLEEPS) as running:
        read_until(running, "web       | up", "worker    | up")


def test_a_stop_lets_work_in_progress_finish() -> None:
    with supervised(worker=FINISHES) as running:
        read_until(running, "worker    | up")
        running.send_signal(signal.SIGINT)
        assert rest(running) == [
            "Stopping: work in progress is finished first (Ctrl-C again: at once).",
            "worker    | finished its work",
        ]
        assert running.wait() == 0


def test_a_second_stop_kills_what_does_not_end() -> None:
    with supervised(worker=REFUSES) as running:
        read_until(running, "worker    | up")
        running.send_signal(signal.SIGINT)
        read_until(running, "Stopping: work in progress is finished first (Ctrl-C again: at once).")
        before = time.monotonic()
        running.send_signal(signal.SIGINT)
        assert rest(running) == ["Killing what did not end in time: worker."]
        assert running.wait() == 0
        assert 2.5 < time.monotonic() - before < 6


def test_when_one_ends_all_are_stopped_and_the_exit_code_says_so() -> None:
    with supervised(web=SLEEPS, worker="import sys; sys.exit(3)") as running:
        lines = rest(running)
        assert "worker ended by itself (exit code 3): stopping the rest." in lines
        assert running.wait() == 1
        assert [number for number in numbers_in(lines) if is_alive(number)] == []


def test_a_program_that_a_signal_ended_is_told_by_its_name() -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    with supervised(worker=code) as running:
        assert "worker ended by itself (signal SIGSEGV): stopping the rest." in rest(running)


def test_a_killed_supervisor_leaves_no_program() -> None:
    with supervised(web=SLEEPS, worker=REFUSES) as running:
        numbers = numbers_in(read_until(running, "web       | up", "worker    | up"))
        running.kill()
        running.wait()
        for number in numbers:
            wait_until_gone(number)


def test_children_of_a_program_end_with_it() -> None:
    with supervised(web=HAS_A_CHILD) as running:
        assert running.stdout is not None
        line = ""
        while "child" not in line:
            line = running.stdout.readline()
        child = int(line.split()[-1])
        running.send_signal(signal.SIGTERM)
        assert running.wait() == 0
        wait_until_gone(child)


def test_leftovers_of_a_killed_run_are_ended_and_others_spared() -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with (
        subprocess.Popen(command, start_new_session=True) as leftover,
        subprocess.Popen(command, start_new_session=True) as other,
    ):
        started = supervisor.start_of(leftover.pid)
        supervisor.end_leftovers([(leftover.pid, started), (other.pid, "1"), (999_999_999, "")])
        assert leftover.wait() == -signal.SIGKILL
        assert other.poll() is None
        os.killpg(other.pid, signal.SIGKILL)
