"""A form of a new secret that is sent twice, by a reload or two people, ends no secret in use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.connections import steps, webhooks
from tests.connections.webhook_pages import hooks

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast


def test_a_form_that_is_sent_twice_rotates_once(cast: Cast, webhook: Connection) -> None:
    url = steps.url(webhook, "credential")
    [replaces] = re.findall(
        r'<input type="hidden" name="replaces" value="(\d+)"', steps.get(cast.bob, url)[1]
    )
    values = {"retire_in": "7", "replaces": replaces}
    assert steps.post(cast.bob, url, values).status_code == 200

    again = steps.post(cast.bob, url, values)

    assert again.status_code == 422
    assert "Another secret was put to use meanwhile" in again.content.decode()
    assert [row.version for row in hooks.live(webhook)] == [2, 1]
    assert webhooks.deliver(webhook).status_code == 202


def test_the_first_secret_is_not_entered_twice(cast: Cast, listed: None) -> None:
    connection = hooks.make(cast, "slack", has_secret=False)
    url, secret = steps.url(connection, "credential"), webhooks.KINDS["slack"][1]
    values = {"value-signing_secret": secret, "replaces": "1"}
    assert steps.post(cast.bob, url, values).status_code == 302

    assert steps.post(cast.bob, url, values).status_code == 422

    assert [row.version for row in hooks.live(connection)] == [2]
