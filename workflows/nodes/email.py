"""E-mail: one plain mail by the installation, to members of the workspace only.

It is written down as under way before it is sent. While the mail server does not take it, the step
waits and tries again; what may have been sent is not repeated.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from spojit.lib import clock
from workflows import filters
from workflows.definition import settings as kinds
from workflows.engine.results import Done, Failed, Waits
from workflows.nodes import mailing
from workspaces import mail
from workspaces.mail import Sending

if TYPE_CHECKING:
    from workflows.engine.visit import Visit

MOST_RECIPIENTS = 20
LONGEST_SUBJECT = 200
LONGEST_BODY = 50_000
PAUSES_SECONDS = (10, 60, 300, 900)
"""Before the second attempt, and on; a mail server that is away for longer fails the step."""

_BETWEEN = re.compile(r"[,;\s]+")


class _Mail(NamedTuple):
    to: list[str]
    subject: str
    body: str
    footer: str


def run(visit: Visit) -> Done:
    """Send it, or wait until the mail server takes it."""
    entry = visit.entry
    if entry is not None and entry.status == "running":
        sentence = "A worker was lost while this mail was sent, so it may have been."
        raise Failed("outcome_unknown", sentence)
    if entry is not None and entry.due_at and entry.due_at > clock.now():
        again = Waits(entry.due_at, "retry")
        again.is_written = True
        raise again
    letter = _written(visit)
    if entry is None:
        mailing.count(visit.journal.owner.workspace_id, letter.to)
    visit.facts.attempts = (entry.attempts if entry else 0) + 1
    visit.journal.begun(visit)
    text = f"{letter.body}\n\n-- \n{letter.footer}\n"
    return _judged(visit, letter, mail.send_text(text, subject=letter.subject, to=letter.to))


def _written(visit: Visit) -> _Mail:
    settings = visit.node.settings
    assert isinstance(settings, kinds.Email)
    to, subject, body = visit.scope.fill([settings.to, settings.subject, settings.body])
    sender = mailing.sender(visit.journal.owner)
    line = " ".join("".join(one if one.isprintable() else " " for one in _text(subject)).split())
    letter = _Mail(
        to=_members(to, sender),
        subject=line[:LONGEST_SUBJECT] or sender.workflow_name,
        body=_text(body)[:LONGEST_BODY],
        footer=sender.footer,
    )
    visit.facts.shown_input = {"to": letter.to, "subject": letter.subject, "body": letter.body}
    return letter


def _members(told: Any, sender: mailing.Sender) -> list[str]:
    """Find the members behind the addresses; an expression may give several, or a list."""
    given = [one.casefold() for one in _addresses(told)]
    if not given:
        raise Failed("nobody_to_mail", "Who gets the mail came to nobody.")
    if any(one not in sender.addresses for one in given):
        sentence = "One of the addresses is no member's; mails go to members of this workspace."
        raise Failed("not_a_member", sentence)
    found = list(dict.fromkeys(sender.addresses[one] for one in given))
    if len(found) > MOST_RECIPIENTS:
        sentence = f"A mail goes to at most {MOST_RECIPIENTS} members."
        raise Failed("too_many_recipients", sentence)
    return found


def _addresses(told: Any) -> list[str]:
    if isinstance(told, list):
        return [address for one in told for address in _addresses(one)]
    return [one for one in _BETWEEN.split(_text(told)) if one]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else filters.to_json(value)


def _judged(visit: Visit, letter: _Mail, sending: Sending) -> Done:
    attempt = visit.facts.attempts
    if sending == Sending.SENT:
        return Done({"to": letter.to, "subject": letter.subject})
    if sending == Sending.IN_DOUBT:
        sentence = "The mail server was lost while it took the mail, so it may have been sent."
        raise Failed("outcome_unknown", sentence)
    if sending == Sending.REFUSED or attempt > len(PAUSES_SECONDS):
        raise Failed("mail_refused", "The mail server does not take this mail.")
    until = clock.now() + timedelta(seconds=PAUSES_SECONDS[attempt - 1])
    raise Waits(until, "retry", attempts=attempt, outcome="mail_late")
