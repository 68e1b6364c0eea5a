"""What the proofs do again and again: connect, have a worker verify, look at the page."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape, unescape
from typing import TYPE_CHECKING, Any

from connections import tasks, verification
from connections.models import Check, Connection
from connectors.outcomes import MEANINGS
from tests import factories

if TYPE_CHECKING:
    from workspaces.models import User, Workspace


@dataclass(frozen=True)
class Seen:
    """What a verification came to: the row, its newest check, and the connection's page."""

    connection: Connection
    check: Check
    page: str

    @property
    def status(self) -> str:
        return self.connection.status

    @property
    def reason(self) -> str:
        return self.connection.reason

    @property
    def outcome(self) -> str:
        return self.check.outcome

    def says(self, sentence: str) -> bool:
        """Whether the page says this, word for word."""
        return escape(sentence) in self.page or sentence in unescape(self.page)


def connect(
    workspace: Workspace, connector: str, scheme: str, values: dict[str, str], **more: Any
) -> Connection:
    """Create a connection; nothing is verified yet."""
    return factories.make_connection(
        workspace, connector_key=connector, scheme=scheme, values=values, **more
    )


def owner(connection: Connection) -> User:
    """Give whose connection it is."""
    assert connection.owner is not None
    return connection.owner


def work(connection: Connection) -> None:
    """Do what a worker does when it is woken for this connection."""
    tasks.verify(workspace_id=str(connection.workspace_id), connection_id=str(connection.pk))


def verify(connection: Connection) -> Seen:
    """Have a worker verify, and look at what it came to."""
    work(connection)
    return look(connection)


def verify_again(connection: Connection) -> Seen:
    """Ask for a verification, as "Verify now" does, and look at what it came to."""
    verification.request(connection, actor=owner(connection))
    return verify(connection)


def look(connection: Connection, *, as_: User | None = None) -> Seen:
    """Look at the row, the newest check, and the page as its owner sees it."""
    with factories.scope(connection.workspace):
        rows = Connection.objects.select_related("workspace", "owner")
        fresh = rows.get(pk=connection.pk)
        check = Check.objects.filter(connection=connection).order_by("-at")[0]
    return Seen(fresh, check, page_of(fresh, as_=as_))


def page_of(connection: Connection, *, as_: User | None = None) -> str:
    """Return the connection's page as its owner, or somebody else, gets it."""
    answer = factories.signed_in(as_ or owner(connection)).get(connection.get_absolute_url())
    assert answer.status_code == 200
    return answer.content.decode()


def assert_said(seen: Seen, outcome: str, *, status: str) -> None:
    """Assert row, status and page: what happened, and what to do about it."""
    meaning = MEANINGS[outcome]
    assert (seen.outcome, seen.status) == (outcome, status), seen.check.detail
    assert seen.reason == ("" if status == "active" else outcome)
    assert seen.says(meaning.sentence), f"The page does not say {meaning.sentence!r}."
    assert seen.says(meaning.hint), f"The page does not say {meaning.hint!r}."
