"""Outside a trial, what is missing or wrong stops the start with one line that names it."""

from __future__ import annotations

import importlib
import os
import sys

import pytest

COMPLETE = {
    "TRIAL": "false",
    "DATABASE_URL": "postgresql://app:a@localhost/none",
    "REDIS_URL": "redis://localhost",
    "SECRET_KEY": "a-secret-key-of-more-than-fifty-characters-0123456789",
    "ROOT_KEYS": "main:" + "A" * 43 + "=",
    "ALLOWED_HOSTS": "spojit.example.com",
    "PUBLIC_URL": "https://spojit.example.com",
    "EMAIL_URL": "smtp+tls://spojit:password@mail.example.com:587",
}


def start(**changes: str) -> tuple[int, str]:
    """Load the settings anew in a fork of this process; return its exit code and last words."""
    reading, writing = os.pipe()
    if child := os.fork():
        os.close(writing)
        with os.fdopen(reading) as said:
            words = said.read()
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), words
    _load(COMPLETE | changes, writing)
    raise AssertionError("the child has ended")


def _load(environment: dict[str, str], writing: int) -> None:
    os.environ.clear()
    os.environ.update(environment)
    sys.modules.pop("spojit.settings")
    words, code = "", 0
    try:
        importlib.import_module("spojit.settings")
    except SystemExit as end:
        words, code = str(end.code), 1
    finally:
        os.write(writing, words.encode())
        os._exit(code)


def test_a_complete_environment_starts() -> None:
    assert start() == (0, "")


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
        ({"EMAIL_URL": ""}, "EMAIL_URL is not set"),
        ({"DEBUG": "true"}, "DEBUG must be off outside a trial"),
        ({"DEBUG": "maybe"}, "DEBUG must be true or false"),
        ({"WORKER_CONCURRENCY": "many"}, "WORKER_CONCURRENCY must be a whole number"),
        ({"TRUSTED_PROXIES": "the proxy"}, "TRUSTED_PROXIES must be networks"),
        ({"EMAIL_URL": "mail.example.com:587"}, "EMAIL_URL must begin with smtp://"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL must be DEBUG, INFO"),
        ({"SECRET_KEY": "", "SECRET_KEY_FILE": "/nowhere"}, "SECRET_KEY_FILE names a file"),
    ],
)
def test_what_is_missing_or_wrong_is_named_in_one_line(changes: dict[str, str], said: str) -> None:
    code, words = start(**changes)
    assert code == 1
    assert "\n" not in words
    assert words.startswith("Spojit cannot start: ")
    assert said in words


def test_several_faults_are_named_at_once() -> None:
    _, words = start(SECRET_KEY="", ALLOWED_HOSTS="")
    assert "SECRET_KEY is not set" in words
    assert "ALLOWED_HOSTS is not set" in words
