"""What tests of these pages share: connectors to add, a webhook of Bob's, no pace of before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast


@pytest.fixture(autouse=True)
def _forget_pace() -> None:
    """Begin with no limit reached."""
    from connections.inbound import pace  # noqa: PLC0415 - Django is set up by now

    pace.forget()


@pytest.fixture
def listed(db: None) -> None:
    """List the connectors that webhooks are added to."""
    from tests import factories  # noqa: PLC0415 - Django is set up by now
    from tests.connections import webhooks  # noqa: PLC0415

    for key, _ in webhooks.KINDS.values():
        factories.make_connector(key)


@pytest.fixture
def webhook(cast: Cast) -> Connection:
    """Give Bob a webhook connection that waits for its first delivery."""
    from tests.connections.webhook_pages import hooks  # noqa: PLC0415

    return hooks.make(cast)
