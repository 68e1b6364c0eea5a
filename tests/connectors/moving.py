"""Puts another port on every address from which a scheme gets its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.manifest import Captured, OAuth2
    from connectors.manifest.tokens import Addresses

_ADDRESSES = {"token_url", "refresh_url", "authorize_url", "revocation_url"}


def oauth2(found: OAuth2, move: Callable[[str], str], *, port: int) -> OAuth2:
    """Give the same with `move` done to each address, and what is told lying on the port."""
    changes = _addresses(found, move)
    for name in ("revocation", "discovery"):
        part: Any = getattr(found, name)
        if part:
            changes[name] = part.model_copy(update={"url": move(part.url)})
    changes["by_service_url"] = {
        key: places.model_copy(update=_addresses(places, move))
        for key, places in found.by_service_url.items()
    }
    changes["captured"] = [_captured(captured, port=port) for captured in found.captured]
    return found.model_copy(update=changes)


def _addresses(part: OAuth2 | Addresses, move: Callable[[str], str]) -> dict[str, Any]:
    return {name: move(value) for name, value in part if value and name in _ADDRESSES}


def _captured(captured: Captured, *, port: int) -> Captured:
    if captured.kind == "text":
        return captured
    hosts = [f"{host.partition(':')[0]}:{port}" for host in captured.hosts]
    return captured.model_copy(update={"hosts": hosts, "pattern": ""})
