"""Keys and tokens, in headers, the query, the body or the path, as the scheme's `send` says."""

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
        if place.path:
            parts.path |= _named(place.path, values)
            continue
        text = _prefixed(place, values)
        if place.header:
            parts.headers[templates.render(place.header, values)] = text
        elif place.query:
            parts.query.append((templates.render(place.query, values), text))
        else:
            parts.body_fields[place.body] = text
    return parts


def _named(template: str, values: Mapping[str, str]) -> dict[str, str]:
    """Give what a path names by name: it is filled in where the request is sent."""
    names = templates.names(template)
    return {name: templates.render(f"{{{name}}}", values) for name in names}


def _prefixed(place: Placement, values: Mapping[str, str]) -> str:
    text = templates.render(place.value, values)
    prefix = values.get(place.prefix, "") if place.prefix else ""
    return f"{prefix} {text}" if prefix else text
