"""A service that never was, with OAuth 2 as a test declares it, played by the recording server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from connectors import oauth
from connectors.manifest import Connector

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Scheme
    from connectors.oauth import Answered
    from tests.connectors.recording import Recorder
    from tests.servers import Received

APP = oauth.App("the-client", "the-client-secret")
CALLBACK = "https://spojit.example/oauth/callback/"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
SOURCE = "https://docs.example.com/oauth"
GOOD = {
    "access_token": "access-1",
    "token_type": "Bearer",
    "refresh_token": "refresh-1",
    "expires_in": 3600,
    "scope": "read write",
}


def connector(
    port: int = 443, *, fields: Any = (), service_url: str = "", **oauth2: Any
) -> Connector:
    """Make a connector of one scheme; `oauth2` adds to, and changes, the usual one."""
    suffix = "" if port == 443 else f":{port}"
    place = f"https://auth.example.com{suffix}"
    declared: dict[str, Any] = {"source": SOURCE, "token_url": f"{place}/token"} | oauth2
    answer = {"example": {"access_token": "access-1"}} | declared.get("answer", {})
    declared["answer"] = answer
    if declared.setdefault("grant", "authorization_code") == "authorization_code":
        declared.setdefault("authorize_url", f"{place}/authorize")
    return Connector.model_validate(
        {
            "key": "sample",
            "name": "Sample",
            "category": "Utilities",
            "summary": "A service that never was.",
            "icon": {"monogram": {"text": "S", "color": "#123456"}},
            "before_you_start": ["Nothing."],
            "service_urls": [
                {
                    "key": "usual",
                    "label": "Usual",
                    "url": service_url or f"https://api.example.com{suffix}",
                    "source": SOURCE,
                }
            ],
            "schemes": [
                {
                    "key": "oauth2",
                    "label": "Sign in",
                    "source": SOURCE,
                    "fields": list(fields),
                    "oauth2": declared,
                    "verification": {
                        "source": SOURCE,
                        "request": {"path": "/me"},
                        "identity": {"id": "id"},
                        "example": {"id": "7"},
                    },
                }
            ],
        }
    )


def scheme(found: Connector) -> Scheme:
    """Give its one scheme."""
    return found.schemes[0]


def exchange(
    recorder: Recorder,
    found: Connector,
    values: Mapping[str, str] | None = None,
    *,
    app: oauth.App = APP,
    captured: Mapping[str, str] | None = None,
) -> Answered:
    """Change a code for tokens at the recording server."""
    return oauth.exchange(
        found,
        scheme(found),
        values or {},
        app=app,
        code="the-code",
        redirect_uri=CALLBACK,
        verifier=VERIFIER,
        captured=captured or {},
        policy=recorder.policy(),
    )


def renew(
    recorder: Recorder,
    found: Connector,
    values: Mapping[str, str] | None = None,
    *,
    app: oauth.App = APP,
    captured: Mapping[str, str] | None = None,
) -> Answered:
    """Change a refresh token for new tokens at the recording server."""
    return oauth.renew(
        found,
        scheme(found),
        values or {},
        app=app,
        refresh_token="refresh-0",
        scopes=["read"],
        captured=captured or {},
        policy=recorder.policy(),
    )


def form(received: Received) -> dict[str, str]:
    """Read a form that arrived."""
    return dict(parse_qsl(received.body.decode(), keep_blank_values=True))
