"""What tests of people and workspaces share."""

from __future__ import annotations

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _no_rate_limits_left_over() -> None:
    cache.clear()
