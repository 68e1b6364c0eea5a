"""What tests of workflows share: the cast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.factories import Cast


@pytest.fixture
def cast(db: None) -> Cast:
    """Alice owns, adam administers, bob builds, vera views, mallory lives next door."""
    from tests import factories  # noqa: PLC0415 - Django is set up by now

    return factories.make_cast()
