"""What these tests share: nothing of the pace of the test before, and listeners of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connections.inbound import handing, pace

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _forget_pace() -> None:
    """Begin with no limit reached."""
    pace.forget()


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """Listen: the IDs of the deliveries that were handed over, in order."""
    ids: list[str] = []
    handing._listeners.append(lambda delivery: ids.append(str(delivery.pk)))
    before = handing._listeners[:-1]
    yield ids
    handing._listeners[:] = before
