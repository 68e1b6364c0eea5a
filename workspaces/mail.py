"""Sends one plain mail, with secrets masked."""

from __future__ import annotations

import smtplib
from typing import TYPE_CHECKING, Any

import structlog
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from spojit.lib import redaction

if TYPE_CHECKING:
    from collections.abc import Mapping

log = structlog.get_logger(__name__)


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
