"""Tokens open only where, and at the revision for which, they were sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connections import credentials
from connections.credentials import CredentialUnreadable
from connections.models import Credential
from connections.oauth import claims, renewing
from tests import factories
from tests.connections import grants
from workspaces import isolation, lifecycle
from workspaces.models import DataKey
from workspaces.vault import rotation

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast
    from tests.servers.tokens import TokenServer


def assert_shut(connection: Connection) -> None:
    with pytest.raises(CredentialUnreadable), credentials.borrow(connection):
        pass
    assert grants.call(connection).name == "credential_unreadable"


def key_of(connection: Connection) -> bytes:
    """Give the ID of the data key that seals the tokens."""
    return bytes(grants.credential(connection).tokens or b"")[2:18]


def test_tokens_of_another_connection_do_not_open(
    cast: Cast, granted: Connection, service: TokenServer
) -> None:
    other = grants.connect(cast.workspace, service, name="Other", actor=cast.bob)
    grants.change(granted, tokens=grants.credential(other).tokens)
    assert_shut(granted)


def test_tokens_of_an_older_revision_do_not_open_as_newer_ones(
    granted: Connection, service: TokenServer
) -> None:
    before = grants.credential(granted).tokens
    assert grants.renew(granted) == "ok"
    grants.change(granted, tokens=before)
    assert_shut(granted)


def test_a_data_key_that_changes_during_a_renewal_seals_what_the_renewal_brings(
    cast: Cast, granted: Connection, service: TokenServer
) -> None:
    claim = claims.claim(grants.age(granted, left=grants.ENDING))
    assert claim is not None
    assert [step.unreadable for step in rotation.rotate_data_key(cast.workspace)][-1] == 0
    with factories.scope(cast.workspace):
        newest = DataKey.objects.get(workspace_id=cast.workspace.pk, is_current=True)
    assert key_of(granted) == newest.pk.bytes
    assert renewing.renew(claim).name == "ok"
    assert key_of(granted) == newest.pk.bytes
    assert grants.credential(granted).revision == claim.row.revision + 1
    assert grants.call(granted).name == "ok"
    with factories.scope(cast.workspace):
        assert Credential.objects.filter(tokens__isnull=False).count() == 1


def test_a_workspace_that_is_deleted_during_a_renewal_leaves_no_tokens_and_no_key(
    cast: Cast, granted: Connection
) -> None:
    claim = claims.claim(grants.age(granted, left=grants.ENDING))
    assert claim is not None
    lifecycle.delete(cast.workspace, typed_name=cast.workspace.name, actor=cast.alice)
    assert renewing.renew(claim).name in {"ok", "credential_unreadable"}
    with isolation.everything(reason="test"):
        assert not Credential.objects.filter(pk=claim.row.pk).exists()
        assert not DataKey.objects.filter(workspace_id=claim.row.workspace_id).exists()
