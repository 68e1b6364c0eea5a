"""How the MongoDB connector reaches a server: hosts are checked, and dialled until one is primary.

The hosts are those that a person named, or that the SRV records of a name of theirs list. What a
server says of other hosts is not followed. See docs/adr/0011.
"""

import contextlib
import socket
from collections.abc import Iterator
from time import monotonic
from typing import Any

from connectors import drivers
from connectors.catalogue import _mongodb_scram as scram
from connectors.catalogue._mongodb_wire import Wire
from connectors.schemes import mongodb
from connectors.session import CallFailed, Session
from spojit.lib.outbound import PinnedAddress

_NO_PRIMARY = "None of the hosts that were named takes writes now."


@contextlib.contextmanager
def connect(session: Session) -> Iterator[tuple[Wire, mongodb.Target]]:
    """Find the primary and sign in, for one use. Raises: CallFailed; outbound's refusals."""
    target = mongodb.target(session.values)
    if target.service:
        found = session.service("mongodb", target.service)
        target = mongodb.listed(target, found.hosts, found.texts)
    pinned = [session.address(host, port) for host, port in target.hosts]
    with contextlib.ExitStack() as closing:
        opened: list[socket.socket] = []
        closing.enter_context(drivers.deadline(lambda: _shut(opened)))
        wire = _primary(session, target, pinned, opened, closing)
        yield wire, target


def _primary(
    session: Session,
    target: mongodb.Target,
    pinned: list[PinnedAddress],
    opened: list[socket.socket],
    closing: contextlib.ExitStack,
) -> Wire:
    """Try one host after another until one takes writes, and sign in there."""
    until = monotonic() + drivers.TOTAL_SECONDS
    failure = CallFailed("upstream_fault", _NO_PRIMARY, surely_not_sent=True)
    for address in pinned:
        if monotonic() > until:
            raise CallFailed("timeout", surely_not_sent=True)
        try:
            wire = _open(session, target, address, opened, closing)
            said = wire.hello(target)
        except CallFailed as failed:
            failure = failed
            continue
        if said.get("isWritablePrimary") is True and _is_of_set(said, target):
            scram.sign_in(wire, target, said)
            return wire
    raise failure


def _open(
    session: Session,
    target: mongodb.Target,
    address: PinnedAddress,
    opened: list[socket.socket],
    closing: contextlib.ExitStack,
) -> Wire:
    plain = closing.enter_context(contextlib.closing(drivers.dial(address)))
    opened.append(plain)
    if target.tls == "off":
        return Wire(plain)
    context = drivers.tls_context(
        target.tls,
        ca_files=(session.policy.ca_bundle,),
        ca_text=session.values.get("ca_certificate", ""),
    )
    secured = drivers.secure(plain, context, host=address.host)
    opened.append(closing.enter_context(contextlib.closing(secured)))
    return Wire(secured)


def _is_of_set(said: dict[str, Any], target: mongodb.Target) -> bool:
    return not target.replica_set or said.get("setName") == target.replica_set


def _shut(opened: list[socket.socket]) -> None:
    for one in opened:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
