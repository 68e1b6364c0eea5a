"""`send`: the one way out for HTTP calls."""

from __future__ import annotations

from spojit.lib.outbound import redirects
from spojit.lib.outbound.deadlines import Deadline
from spojit.lib.outbound.errors import BadAnswer, InvalidRequest, OutboundError
from spojit.lib.outbound.exchange import Raw, exchange
from spojit.lib.outbound.policy import Policy
from spojit.lib.outbound.preparing import Hop, check_method, placeholder, prepare
from spojit.lib.outbound.targets import read
from spojit.lib.outbound.types import Answer, Request


def send(request: Request, *, policy: Policy | None = None) -> Answer:
    """Make one call and read its whole answer, following at most five redirects.

    Every hop's addresses are checked and connected to as checked. Any status is an answer, 500
    too. Nothing is tried again, but for one kept-alive connection that had silently gone.

    Raises:
        InvalidRequest: it cannot be sent as given.
        AddressRefused: a hop's address is closed, or the credential is not for that host.
        NameNotFound, Unreachable, TlsFailed, TimedOut: no answer came.
        AnswerTooLarge, BadAnswer: an answer came that is not taken.
    """
    policy = policy or Policy.default()
    deadline = Deadline(policy.total_seconds)
    hop = first = _first(request)
    for number in range(redirects.MOST_REDIRECTS + 1):
        raw = _make_hop(request, hop, policy, deadline, is_first=number == 0)
        if not request.follow_redirects or redirects.location(raw) is None:
            place = redirects.shown(hop.target, request.credential) if number else hop.target.place
            is_authorized = hop.carries_credential == first.carries_credential
            return _answer(place, raw, deadline, is_authorized=is_authorized)
        hop = _follow(hop, raw, request)
    raise BadAnswer("The service redirected too often.")


def _first(request: Request) -> Hop:
    target = read(request.url, request.query)
    credential = request.credential
    if not all(placeholder(name) in target.path for name in credential.path):
        raise InvalidRequest("The URL has no place for a part of the credential.")
    body = request.body
    if body is None and credential.body_fields:
        body = b""
    carries = bool(credential) or request.signer is not None
    return Hop(check_method(request.method), target, request.headers, body, carries)


def _make_hop(
    request: Request, hop: Hop, policy: Policy, deadline: Deadline, *, is_first: bool
) -> Raw:
    try:
        wire = prepare(request, hop, policy)
        return exchange(wire, policy=policy, deadline=deadline)
    except OutboundError as error:
        error.surely_not_sent = error.surely_not_sent and is_first
        raise


def _follow(hop: Hop, raw: Raw, request: Request) -> Hop:
    try:
        return redirects.follow(hop, raw, request.credential)
    except OutboundError as error:
        error.surely_not_sent = False
        raise


def _answer(place: str, raw: Raw, deadline: Deadline, *, is_authorized: bool) -> Answer:
    return Answer(
        raw.status,
        raw.headers,
        raw.body,
        place,
        deadline.elapsed_ms(),
        raw.remote_address,
        is_authorized,
    )
