"""Checks a signed request against the live secrets of a webhook connection; writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connections import credentials
from connections.credentials import CredentialUnreadable
from connections.inbound import masking, secrets
from connectors import signatures
from connectors.signatures import Verdict
from spojit.lib.errors import Refused
from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from connections.inbound.masking import Shown
    from connections.models import Connection, Credential
    from connectors.manifest import Scheme

CHALLENGE = "challenge"
UNREADABLE = Verdict(accepted=False, reason="credential_unreadable")


@dataclass(frozen=True, slots=True)
class Checked:
    """A verdict, and the headers as they may be kept."""

    verdict: Verdict
    headers: Shown

    @property
    def reason(self) -> str:
        """The verdict's reason; a challenge is no delivery, and is told from one."""
        return CHALLENGE if self.verdict.challenge is not None else self.verdict.reason


class NotAWebhook(Refused):
    """The connection takes no deliveries."""

    code = "not_a_webhook"
    message = "This connection makes calls; it takes no deliveries."


def check(
    connection: Connection, *, headers: Mapping[str, str], body: bytes, now: datetime
) -> Verdict:
    """Say whether a request was signed with one of the connection's live secrets, and lately.

    Args:
        connection: one whose scheme is a webhook.
        headers: by name, in any case.
        body: the raw bytes, as they came.
        now: the present moment; a signed timestamp may be five minutes off.

    Raises:
        NotAWebhook: the connection takes no deliveries.
    """
    if not connection.manifest_scheme.is_inbound:
        raise NotAWebhook
    with isolation.workspace(connection.workspace_id):
        versions = secrets.live(connection)
    scheme = connection.manifest_scheme
    return against(scheme, versions, headers=headers, body=body, now=now).verdict


def against(
    scheme: Scheme,
    versions: Sequence[Credential],
    *,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> Checked:
    """Check a request against versions that were read already, newest first.

    `matched` of the verdict is the place of the version that fits. One that does not open makes
    the verdict `credential_unreadable`.
    """
    assert scheme.webhook is not None
    kind = scheme.webhook.signature
    try:
        with credentials.borrow_all(versions) as borrowed:
            plain = [values.reveal() for values in borrowed]
            verdict = signatures.check(kind, plain, headers=headers, body=body, now=now)
            return Checked(verdict, masking.shown(headers, plain))
    except CredentialUnreadable:
        return Checked(UNREADABLE, masking.shown_unopened(headers))
