"""Who is signed in where: Django's sessions in a table of ours, with address and browser.

`SESSION_ENGINE` names this module. Only a hash of the cookie's value is stored, so that a dump of
the database lets nobody in.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils.crypto import constant_time_compare

from spojit.lib import clock, storable
from workspaces.models.session import LONGEST_USER_AGENT, Session

if TYPE_CHECKING:
    from workspaces.models import User

SEEN_EVERY = timedelta(minutes=5)
"""How old `seen_at` gets before it is written again, so that few requests write."""


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request came from."""

    address: str | None = None
    user_agent: str = ""

    @classmethod
    def of(cls, *, address: str, user_agent: str) -> Client:
        """Keep what fits in a row."""
        return cls(address, storable.text(user_agent)[:LONGEST_USER_AGENT])


class SessionStore(db.SessionStore):
    """Django's own, but for the hashed key and what a row says besides."""

    client = Client()
    row: Session | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Name our table."""
        return Session

    def exists(self, session_key: str) -> bool:
        """Whether there is such a session."""
        return super().exists(hashed(session_key))

    def delete(self, session_key: str | None = None) -> None:
        """End a session, or this one."""
        key = session_key or self.session_key
        if key:
            super().delete(hashed(key))

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Make the row of this session."""
        row = cast("Session", super().create_model_instance(data))
        row.session_key = hashed(row.session_key)
        row.user_id = data.get(SESSION_KEY)
        row.address, row.user_agent = self.client.address, self.client.user_agent
        return row

    def _get_session_from_db(self) -> Session | None:
        rows = Session.objects.filter(expire_date__gt=clock.now())
        key = hashed(self.session_key) if self.session_key else ""
        self.row = rows.filter(session_key=key).first() if key else None
        if self.row is None:
            self._session_key = None
        return self.row


def hashed(session_key: str) -> str:
    """Return what is stored for a cookie's value: 160 bits of SHA-256 in hexadecimal.

    The value is 32 random letters and digits (165 bits), so the hash needs neither salt nor rounds.
    """
    return hashlib.sha256(session_key.encode()).hexdigest()[:40]


def note_seen(store: SessionStore) -> None:
    """Write down where somebody who has signed in was just seen, unless that is known."""
    row, client = store.row, store.client
    if row is None or row.user_id is None:
        return
    is_new = (row.address, row.user_agent) != (client.address, client.user_agent)
    if is_new or clock.now() - row.seen_at > SEEN_EVERY:
        Session.objects.filter(pk=row.pk).update(
            address=client.address, user_agent=client.user_agent, seen_at=clock.now()
        )


def of(user: User) -> list[Session]:
    """Return where a person is signed in, the last seen first.

    A session from before the password changed opens nothing any more, and is left out.
    """
    rows = Session.objects.filter(user=user, expire_date__gt=clock.now())
    return [row for row in rows.order_by("-seen_at") if _is_live(row, user)]


def end(user: User, *, session_id: str) -> int:
    """Sign a person out of one session of theirs; return how many that were."""
    return Session.objects.filter(user=user, pk=session_id).delete()[0]


def end_others(user: User, *, current: SessionStore) -> int:
    """Sign a person out everywhere but here; return how many sessions that were."""
    rows = Session.objects.filter(user=user)
    return rows.exclude(pk=hashed(current.session_key or "")).delete()[0]


def _is_live(row: Session, user: User) -> bool:
    known = SessionStore().decode(row.session_data).get(HASH_SESSION_KEY, "")
    return constant_time_compare(known, user.get_session_auth_hash())
