"""What it means when a service answers a proof by sending us elsewhere. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from connectors.outcomes import Outcome

if TYPE_CHECKING:
    from spojit.lib.outbound.types import Answer

STATUSES = frozenset({301, 302, 303, 307, 308})

_LOG_IN = re.compile(
    r"(?i)(?:^|[/._-])(?:log[-_]?[io]n|sign[-_]?[io]n|sso|saml2?|oauth2?|auth|authorize"
    r"|authenticate|sessions?|accounts)(?:[/._-]|$)"
)


def outcome(answer: Answer) -> Outcome | None:
    """Name a redirect that was not followed; None when the answer is none.

    Web applications answer a wrong key with the way to their log-in page, so that means refused
    credentials. Any other way is the wrong address: nothing there proved anything.
    """
    location = answer.headers.get("location", "")
    if answer.status not in STATUSES or not location:
        return None
    try:
        target = urlsplit(urljoin(answer.url, location))
    except ValueError:
        return _told("bad_answer", answer, "a malformed address")
    if _LOG_IN.search(f"{target.hostname or ''}/{target.path}"):
        return _told("credentials_refused", answer, "the way to a log-in page")
    is_here = target.hostname == urlsplit(answer.url).hostname
    where = "another address of the same host" if is_here else "the address of another host"
    return _told("bad_answer", answer, f"{where}; enter the address that answers itself")


def target(answer: Answer) -> str:
    """Give the absolute address that a redirect leads to; empty when the answer is none."""
    location = answer.headers.get("location", "")
    if answer.status not in STATUSES or not location:
        return ""
    try:
        return urljoin(answer.url, location)
    except ValueError:
        return ""


def _told(name: str, answer: Answer, what: str) -> Outcome:
    detail = f"The service answered with status {answer.status} and {what}."
    return Outcome(name, status_code=answer.status, detail=detail)
