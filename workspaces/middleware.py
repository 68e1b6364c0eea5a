"""What surrounds each request: its ID, the client's address, redaction, a log line, the session."""

from __future__ import annotations

import time
from ipaddress import ip_address
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware

from spojit.lib import logs, metrics, redaction
from spojit.lib.ids import new_id
from workspaces import sessions

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

log = structlog.get_logger(__name__)

UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104 - nothing listens on it; a unix socket has no address
SECRET_ARGUMENTS = {
    "invitation_accept": "token",
    "account_confirm_email": "key",
    "account_reset_password_from_key": "key",
}
QUIET = ("/healthz", "/readyz", "/metrics", "/static/")


class RequestContext:
    """The outermost middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Remember what comes after."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve one request inside its own redaction scope, and log it without its query."""
        believe_only_trusted(request)
        request.request_id = str(new_id())  # type: ignore[attr-defined]
        request.client_address = client_address(request)  # type: ignore[attr-defined]
        logs.clear()
        started = time.perf_counter()
        with redaction.scope(), logs.bound(request_id=request.request_id):  # type: ignore[attr-defined]
            response = self.get_response(request)
            response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
            if not request.path.startswith(QUIET):
                _note(request, response, seconds=time.perf_counter() - started)
        return response


def client_address(request: HttpRequest) -> str:
    """Return the address of the client, believing X-Forwarded-For only from TRUSTED_PROXIES.

    The header is read from the right, past every trusted proxy, as MDN's page on X-Forwarded-For
    advises.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    header = request.headers.get("X-Forwarded-For", "")
    forwarded = [part.strip() for part in header.split(",")]
    while _is_trusted(peer) and forwarded and _is_address(forwarded[-1]):
        peer = forwarded.pop()
    return peer if _is_address(peer) else UNKNOWN_ADDRESS


def believe_only_trusted(request: HttpRequest) -> None:
    """Drop X-Forwarded-Proto unless a trusted proxy sent it: it says whether a page is secure."""
    if not _is_trusted(request.META.get("REMOTE_ADDR", "")):
        request.META.pop("HTTP_X_FORWARDED_PROTO", None)


def _is_address(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def _is_trusted(value: str) -> bool:
    return (
        bool(settings.TRUSTED_PROXIES)
        and _is_address(value)
        and any(ip_address(value) in network for network in settings.TRUSTED_PROXIES)
    )


def _note(request: HttpRequest, response: HttpResponse, *, seconds: float) -> None:
    method = request.method or ""
    metrics.count_request(method, response.status_code, seconds=seconds)
    log.info(
        "Request",
        method=method,
        path=shown_path(request),
        status=response.status_code,
        duration_ms=round(seconds * 1000, 1),
        address=request.client_address,  # type: ignore[attr-defined]
    )


def shown_path(request: HttpRequest) -> str:
    """Return the path without the tokens of links that were mailed."""
    match = request.resolver_match
    secret = match.kwargs.get(SECRET_ARGUMENTS.get(match.url_name or "", "")) if match else None
    return request.path.replace(secret, "…") if secret else request.path


class Sessions(SessionMiddleware):
    """Django's, which besides writes down where a session is used from."""

    def process_request(self, request: HttpRequest) -> None:
        """Find the session, and tell it who asks."""
        super().process_request(request)
        request.session.client = sessions.Client.of(  # type: ignore[attr-defined]
            address=request.client_address,  # type: ignore[attr-defined]
            user_agent=request.headers.get("User-Agent", ""),
        )

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Keep what changed."""
        sessions.note_seen(request.session)  # type: ignore[arg-type]
        return super().process_response(request, response)
