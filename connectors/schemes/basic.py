"""Basic authentication (RFC 7617), in UTF-8."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from connectors import templates
from spojit.lib.outbound.types import Parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Scheme


def attach(scheme: Scheme, values: Mapping[str, str]) -> Parts:
    """Write the header of the user name and the password; a field that may be empty may be."""
    optional = {field.key for field in scheme.fields if not field.required}
    user = templates.render(scheme.username, values, optional=optional)
    password = templates.render(scheme.password, values, optional=optional)
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return Parts(headers={"Authorization": f"Basic {token}"})
