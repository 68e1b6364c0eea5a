"""What goes in and what comes out: plain values, whose `repr` shows nothing secret."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from spojit.lib.outbound.errors import BadAnswer


@dataclass(frozen=True, slots=True)
class PinnedAddress:
    """A host whose every address was checked; connect to `address` and nothing else.

    Attributes:
        scheme: "http" or "https"; "" when a host was checked and not a URL.
        host: lower case, ASCII (IDNA), without brackets or a final dot.
        address: the first of `addresses`, an IP address without a port.
        family: `socket.AF_INET` or `socket.AF_INET6`, that of `address`.
        addresses: all that the name stands for, in the resolver's order.
    """

    scheme: str
    host: str
    port: int
    address: str
    family: int
    addresses: tuple[str, ...] = ()


@dataclass(slots=True)
class Parts:
    """The parts of a request that carry a credential: apart, so that they can be left out.

    Attributes:
        headers: names and values, such as `{"X-Api-Key": "…"}`.
        query: pairs put behind the request's own query.
        body_fields: put into a form or a JSON object, as the request's Content-Type says; a form
            when there is no body.
        path: values for the first `{name}` each in the URL's path, percent-encoded there.
    """

    headers: dict[str, str] = field(default_factory=dict)
    query: list[tuple[str, str]] = field(default_factory=list)
    body_fields: dict[str, str] = field(default_factory=dict)
    path: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Show no value."""
        return "Parts(••••)"

    def __bool__(self) -> bool:
        """Whether there is any credential in here."""
        return bool(self.headers or self.query or self.body_fields or self.path)

    def values(self) -> Iterator[str]:
        """Give every value that must not be seen elsewhere."""
        yield from self.headers.values()
        yield from (value for _, value in self.query)
        yield from self.body_fields.values()
        yield from self.path.values()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as it will go over the wire, for a signer: nothing changes after it signed.

    Attributes:
        url: scheme, host, path and query, encoded as sent; no fragment.
        headers: all of them but those the signer returns; Host as sent.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


Signer = Callable[[Outgoing], Mapping[str, str]]


@dataclass(slots=True)
class Request:
    """One call.

    Attributes:
        url: absolute; may hold a query of its own. No userinfo, no control characters.
        query: pairs put behind the URL's own query, encoded here.
        credential: what authorizes; left out as soon as a redirect leaves the origin.
        secret_hosts: the only hosts, as "host" or "host:port", that may get the credential or a
            signature. "host" alone means the default port of the URL's scheme or any allowed one.
        signer: called for each hop that may carry the credential; returns headers to add.
        is_idempotent: whether a second sending does no harm; None means what the method says.
        follow_redirects: False gives the redirecting answer itself.
    """

    method: str
    url: str = field(repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    query: list[tuple[str, str]] = field(default_factory=list, repr=False)
    body: bytes | None = field(default=None, repr=False)
    credential: Parts = field(default_factory=Parts)
    secret_hosts: frozenset[str] = frozenset()
    signer: Signer | None = field(default=None, repr=False)
    is_idempotent: bool | None = None
    follow_redirects: bool = True


class Headers(Mapping[str, str]):
    """Header fields of an answer, names in any case; repeated ones are joined by a comma."""

    __slots__ = ("_values",)

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        """Take pairs in the order of arrival."""
        self._values: dict[str, str] = {}
        for name, value in items:
            key = name.lower()
            known = self._values.get(key)
            self._values[key] = value if known is None else f"{known}, {value}"

    def __getitem__(self, name: str) -> str:
        """Give the value of a field."""
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        """Give the names, in lower case."""
        return iter(self._values)

    def __len__(self) -> int:
        """Count distinct names."""
        return len(self._values)

    def __repr__(self) -> str:
        """Show names only: values may hold cookies and tokens."""
        return f"Headers({', '.join(self._values)})"


@dataclass(frozen=True)
class Answer:
    """What the service answered.

    Attributes:
        body: decompressed, whole.
        url: where the answer came from, after redirects, without query and fragment.
        duration_ms: from the start of `send`, all hops together.
        remote_address: the IP address that answered.
        is_authorized: whether the hop that answered got the credential, if the first one did.
    """

    status: int
    headers: Headers
    body: bytes = field(repr=False)
    url: str = field(repr=False)
    duration_ms: int
    remote_address: str
    is_authorized: bool = True

    @cached_property
    def data(self) -> Any:
        """The body read as JSON.

        Raises:
            BadAnswer: it is none.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise BadAnswer("The answer is not JSON.") from None
