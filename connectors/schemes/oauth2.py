"""Access tokens of OAuth 2: as a bearer (RFC 6750 section 2.1), or where `send` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors import templates
from connectors.schemes import api_key
from spojit.lib.outbound.types import Parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Scheme


def attach(scheme: Scheme, values: Mapping[str, str]) -> Parts:
    """Put the access token where it belongs. Raises: templates.Unfilled when there is none."""
    if scheme.send:
        return api_key.attach(scheme, values)
    return Parts(headers={"Authorization": templates.render("Bearer {access_token}", values)})
