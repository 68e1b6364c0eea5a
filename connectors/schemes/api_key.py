"""Keys and tokens, in headers, the query or the body, as the scheme's `send` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors import templates
from spojit.lib.outbound.types import Parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Placement, Scheme


def attach(scheme: Scheme, values: Mapping[str, str]) -> Parts:
    """Put each credential where it belongs."""
    parts = Parts()
    for place in scheme.send:
        text = _prefixed(place, values)
        if place.header:
            parts.headers[templates.render(place.header, values)] = text
        elif place.query:
            parts.query.append((templates.render(place.query, values), text))
        else:
            parts.body_fields[place.body] = text
    return parts


def _prefixed(place: Placement, values: Mapping[str, str]) -> str:
    text = templates.render(place.value, values)
    prefix = values.get(place.prefix, "") if place.prefix else ""
    return f"{prefix} {text}" if prefix else text
