"""What others may listen to: a status that changed, a connection removed, tokens to be renewed.

Small registries, filled in `apps.ready()`; listeners run in the transaction of the change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connections.models import Connection, Credential
    from workspaces.audit import Actor
    from workspaces.models import User, Workspace

StatusListener = Callable[["Connection", str, str], None]
RemovalListener = Callable[["Connection", "Actor"], None]
RefreshListener = Callable[["Connection", "Credential"], None]
DemoListener = Callable[["Workspace", "Mapping[str, Connection]", "User"], None]

_status: list[StatusListener] = []
_removal: list[RemovalListener] = []
_refresh: list[RefreshListener] = []
_demo: list[DemoListener] = []


def on_status_changed(listener: StatusListener) -> None:
    """Call `listener(connection, before, after)` whenever a status changes."""
    _status.append(listener)


def on_removed(listener: RemovalListener) -> None:
    """Call `listener(connection, actor)` when a connection is removed."""
    _removal.append(listener)


def on_refresh_wanted(listener: RefreshListener) -> None:
    """Call `listener(connection, credential)` when tokens that still live are to be renewed.

    It is called outside any transaction, and again by every caller until that is under way.
    """
    _refresh.append(listener)


def on_demo_made(listener: DemoListener) -> None:
    """Call `listener(workspace, connections, actor)` when a trial makes its demo workspace.

    That happens once, in the transaction that makes it; the connections come by the key of their
    connector.
    """
    _demo.append(listener)


def status_changed(connection: Connection, *, before: str) -> None:
    """Tell everyone who listens, when the status is another one."""
    if connection.status != before:
        for listener in _status:
            listener(connection, before, connection.status)


def removed(connection: Connection, *, actor: Actor) -> None:
    """Tell everyone who listens."""
    for listener in _removal:
        listener(connection, actor)


def refresh_wanted(connection: Connection, credential: Credential) -> None:
    """Tell everyone who listens."""
    for listener in _refresh:
        listener(connection, credential)


def demo_made(workspace: Workspace, connections: Mapping[str, Connection], *, actor: User) -> None:
    """Tell everyone who listens."""
    for listener in _demo:
        listener(workspace, connections, actor)
