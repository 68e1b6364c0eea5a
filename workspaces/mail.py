"""Sends plain mails, with secrets masked."""

from __future__ import annotations

import smtplib
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import structlog
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string

from spojit.lib import redaction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

log = structlog.get_logger(__name__)


class Sending(StrEnum):
    """What became of a mail that is to be sent once."""

    SENT = "sent"
    LATE = "late"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"


def send(template: str, context: Mapping[str, Any], *, subject: str, to: str) -> bool:
    """Send a mail and say whether the mail server took it; what it answered is not logged."""
    text = redaction.redact(render_to_string(template, dict(context)))
    line = " ".join(redaction.redact(subject).split())
    try:
        EmailMessage(line, text, to=[to]).send()
    except (smtplib.SMTPException, OSError) as failure:
        log.warning("A mail could not be sent", failure=type(failure).__name__)
        return False
    return True


def send_text(text: str, *, subject: str, to: Sequence[str]) -> Sending:
    """Hand one mail to the mail server, and say what became of it.

    `LATE`: it was surely not taken, and may be later. `IN_DOUBT`: the server went away meanwhile.
    """
    line = " ".join(redaction.redact(subject).split())
    server = get_connection()
    try:
        server.open()
    except OSError as failure:
        return _failed(Sending.LATE, failure)
    try:
        EmailMessage(line, redaction.redact(text), to=list(to), connection=server).send()
    except OSError as failure:
        return _failed(_verdict(failure), failure)
    finally:
        with suppress(OSError):
            server.close()
    return Sending.SENT


def _verdict(failure: OSError) -> Sending:
    """Read a refusal as RFC 5321 means it: 4xx passes, 5xx does not; no answer is doubt."""
    if isinstance(failure, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in failure.recipients.values()]
    elif isinstance(failure, smtplib.SMTPResponseException):
        codes = [failure.smtp_code]
    elif isinstance(failure, smtplib.SMTPNotSupportedError):
        return Sending.REFUSED
    else:
        return Sending.IN_DOUBT
    return Sending.REFUSED if any(code >= 500 for code in codes) else Sending.LATE


def _failed(sending: Sending, failure: OSError) -> Sending:
    log.warning("A mail could not be sent", failure=type(failure).__name__, sending=sending)
    return sending
