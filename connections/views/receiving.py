"""The endpoints of hooks: read a request within its limits, and give the answer back.

No session, no user, no CSRF: what is sent proves itself by its signature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse

from connections import tasks
from connections.inbound import answering, receiving, responses
from connections.inbound.arriving import Request
from connections.inbound.responses import WITHOUT_BODY, Answer
from workspaces.middleware import client_address

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

METHOD = "POST"
READING = ("GET", "HEAD")
LARGEST = 2**31 - 1
"""The greatest size that a row holds; what is announced beyond it counts as that."""


class _Cut(Exception):
    """Less came than was announced."""


def take(request: HttpRequest, token: str) -> HttpResponse:
    """Take a delivery; what it announces goes out after the answer is decided."""
    if request.method != METHOD:
        return _plain(405, "A delivery is a POST.", Allow=METHOD)
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        return _plain(403, "Deliveries are taken by HTTPS only.")
    try:
        arrived = _arrived(request)
    except _Cut:
        return _plain(400, "The body ended too early.")
    answer = receiving.receive(token, arrived)
    if answer.is_waking:
        tasks.announce_deliveries()
    return _response(_awaited(answer))


def tell(request: HttpRequest, token: str, run_id: UUID) -> HttpResponse:
    """Tell how a run stands that a delivery to this hook started."""
    if request.method not in READING:
        return _plain(405, "The state of a run is read by GET.", Allow=", ".join(READING))
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        return _plain(403, "This is told by HTTPS only.")
    return _response(receiving.tell(token, run_id, address=client_address(request)))


def _awaited(answer: Answer) -> Answer:
    """Wait for what the run gives back, when somebody does; else the answer stands."""
    if answer.awaited is None:
        return answer
    state = answering.wait(answer.awaited)
    return responses.of_run(answer.awaited.run_id, state) if state else answer


def _arrived(request: HttpRequest) -> Request:
    """Read what was sent; a body beyond the limit is not read to its end."""
    most, announced = settings.HOOK_BODY_BYTES, _announced(request)
    body = b"" if announced > most else _read(request, announced, most)
    if announced <= most and len(body) < announced:
        raise _Cut
    is_too_large = max(announced, len(body)) > most
    return Request(
        headers={name.lower(): value for name, value in request.headers.items()},
        body=b"" if is_too_large else body,
        size=max(announced, len(body)),
        address=client_address(request),
        is_too_large=is_too_large,
    )


def _announced(request: HttpRequest) -> int:
    text = request.META.get("CONTENT_LENGTH") or "0"
    if not text.isascii() or not text.isdigit():
        return 0
    return min(int(text), LARGEST) if len(text) <= len(str(LARGEST)) else LARGEST


def _read(request: HttpRequest, announced: int, most: int) -> bytes:
    """Read what was announced; without a length, as by chunks or HTTP/2, to the limit."""
    is_chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
    is_http2 = request.META.get("SERVER_PROTOCOL", "").startswith("HTTP/2")
    if is_chunked or (is_http2 and not announced):
        return bytes(request.META["wsgi.input"].read(most + 1))
    return bytes(request.read(announced))


def _response(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)
    for name, value in answer.headers.items():
        response[name] = value
    return _sealed(response)


def _plain(status: int, sentence: str, **headers: str) -> HttpResponse:
    content = f'{{"error": "{sentence}"}}'.encode()
    return _response(Answer(status, content, headers=headers))


def _sealed(response: HttpResponse) -> HttpResponse:
    """Add what every answer has; the usual middleware does not see it, and Django does not log it.

    Its line for a refused request would hold the path, and the token with it.
    """
    if response.status_code not in WITHOUT_BODY:
        response["Content-Length"] = str(len(response.content))
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 - its only way
    return response
