"""What tests of the shared tools share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spojit.lib import redaction

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin with nothing registered, in the process and in this context."""
    monkeypatch.setattr(redaction._process, "_values", set())
    monkeypatch.setattr(redaction._process, "_needles", [])
    token = redaction._current.set(redaction._process)
    yield
    redaction._current.reset(token)
