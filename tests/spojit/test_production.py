"""Outside a trial, what is missing or wrong stops the start with one line that names it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.database import BASE_DIR

COMPLETE = {
    "TRIAL": "false",
    "DATABASE_URL": "postgresql://app:a@localhost/none",
    "REDIS_URL": "redis://localhost",
    "SECRET_KEY": "a-secret-key-of-more-than-fifty-characters-0123456789",
    "ROOT_KEYS": "main:" + "A" * 43 + "=",
    "ALLOWED_HOSTS": "spojit.example.com",
    "PUBLIC_URL": "https://spojit.example.com",
}


def start(**changes: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of its own."""
    environment = {"PATH": "/usr/bin:/bin"} | COMPLETE | changes
    command = [sys.executable, "-c", "import spojit.settings"]
    return subprocess.run(
        command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )


def test_a_complete_environment_starts() -> None:
    answer = start()
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is shorter than 50 characters"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        ({"REDIS_URL": ""}, "REDIS_URL is not set"),
        ({"ROOT_KEYS": ""}, "ROOT_KEYS is not set"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is not set"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL is not set"),
        ({"DEBUG": "true"}, "DEBUG must be off outside a trial"),
        ({"DEBUG": "maybe"}, "DEBUG must be true or false"),
        ({"WORKER_CONCURRENCY": "many"}, "WORKER_CONCURRENCY must be a whole number"),
        ({"SECRET_KEY": "", "SECRET_KEY_FILE": "/nowhere"}, "SECRET_KEY_FILE names a file"),
    ],
)
def test_what_is_missing_or_wrong_is_named_in_one_line(changes: dict[str, str], said: str) -> None:
    answer = start(**changes)
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert answer.stderr.startswith("Spojit cannot start: ")
    assert said in answer.stderr


def test_several_faults_are_named_at_once() -> None:
    answer = start(SECRET_KEY="", ALLOWED_HOSTS="")
    assert "SECRET_KEY is not set" in answer.stderr
    assert "ALLOWED_HOSTS is not set" in answer.stderr
