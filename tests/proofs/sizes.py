"""How large a proof is: reduced in `make test`, as stated in `make soak` (which sets SOAK)."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T", bound=Callable[..., None])

IS_FULL = os.environ.get("SOAK") == "true"
LEFT_TO_SOAK = pytest.mark.skipif(not IS_FULL, reason="left to make soak")

LEFT = (
    "tests/browser/connecting/test_connecting.py::test_more_scopes_",
    "tests/browser/test_accessibility.py::test_pages_of_a_full_workspace_have_no_fault[of_a_",
    "tests/browser/test_states.py",
    "tests/browser/test_without_javascript.py",
    "tests/browser/test_wrong_input.py",
)
"""Beginnings of the names of tests that take longest, which `make soak` alone runs."""


def sized(reduced: float, stated: float) -> float:
    """Choose the size of this run."""
    return stated if IS_FULL else reduced


def only_whole(test: T) -> T:
    """Leave a test to `make soak`: one that takes long and tells little that others do not."""
    marked: T = pytest.mark.soak(LEFT_TO_SOAK(test))
    return marked
