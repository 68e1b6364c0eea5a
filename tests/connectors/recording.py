"""One HTTPS server that plays every host a connector declares, and remembers what it was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors import hosts, registry
from connectors.manifest import Connector
from tests import servers
from tests.connectors import moving, samples

if TYPE_CHECKING:
    from connectors.manifest import Scheme, Tool
    from spojit.lib.outbound import Policy
    from tests.servers import Authority, Received, Reply, Server


def places() -> list[str]:
    """Give every host that the catalogue may call with sample values: names for the certificate."""
    found = {"*.example.com"}
    for connector in registry.all():
        for scheme in connector.schemes:
            for url in connector.service_urls:
                if not url.serves(scheme.key):
                    continue
                values = samples.values(connector, scheme, service_url=url.key, port=443)
                values |= samples.learned(scheme, port=443)
                called = hosts.allowed(connector, values) | _token_places(scheme, values)
                found |= {host.partition(":")[0] for host in called}
    return sorted(found)


def _token_places(scheme: Scheme, values: dict[str, str]) -> set[str]:
    """Give the hosts from which tokens come, and to which they are given back."""
    oauth2 = scheme.at(values).oauth2
    if oauth2 is None:
        return set()
    known = values | {"client_id": "x"}
    urls = [oauth2.token_url, oauth2.refresh_url, oauth2.revocation and oauth2.revocation.url]
    found = {hosts.authority(hosts.fill(url, known)) for url in urls if url}
    return found | ({hosts.authority(oauth2.discovery.url)} if oauth2.discovery else set())


@dataclass
class Script:
    """What the server says: each reply once, and the last for ever."""

    replies: list[Reply] = field(default_factory=list)

    def __call__(self, _received: Received) -> Reply:
        """Give the next reply."""
        if not self.replies:
            return servers.json_reply({})
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@dataclass
class Recorder:
    """The server, what it will say, and every name that was looked up on the way to it."""

    server: Server
    authority: Authority
    script: Script
    names: list[str] = field(default_factory=list)

    @property
    def requests(self) -> list[Received]:
        """All that arrived, in order."""
        return self.server.requests

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server.port

    def reply(self, value: Any = None, *, status: int = 200, **headers: Any) -> None:
        """Queue a reply: a text is a page (XML when it begins like it), anything else JSON."""
        if isinstance(value, str):
            named = {name.replace("_", "-"): text for name, text in headers.items()}
            kind = "application/xml" if value.startswith("<?xml") else "text/html"
            page = {"Content-Type": kind} | named
            self.script.replies.append(servers.Reply(status, page, value.encode()))
        else:
            self.script.replies.append(servers.json_reply(value, status, **headers))

    def forget(self) -> None:
        """Begin anew."""
        self.script.replies.clear()
        self.requests.clear()
        self.names.clear()

    def policy(self, **changes: Any) -> Policy:
        """Make a policy under which every name is this server."""
        return servers.policy(
            self.server, authority=self.authority, resolver=self._resolve, **changes
        )

    def moved(self, connector: Connector) -> Connector:
        """Give the same connector with this server's port on each of its hosts."""
        data = dict(connector)
        data["service_urls"] = [
            url.model_copy(update={"url": self.moved_url(url.url)})
            for url in connector.service_urls
        ]
        data["hosts"] = [f"{host}:{self.port}" for host in connector.hosts]
        data["schemes"] = [self._moved_scheme(scheme) for scheme in connector.schemes]
        data["tools"] = [self._moved_tool(tool) for tool in connector.tools]
        return Connector.model_construct(**data)

    def _moved_scheme(self, scheme: Scheme) -> Scheme:
        if scheme.oauth2:
            oauth2 = moving.oauth2(scheme.oauth2, self.moved_url, port=self.port)
            scheme = scheme.model_copy(update={"oauth2": oauth2})
        verification = scheme.verification
        request = verification.request if verification else None
        if verification is None or request is None or request.url is None:
            return scheme
        request = request.model_copy(update={"url": self.moved_url(request.url)})
        verification = verification.model_copy(update={"request": request})
        return scheme.model_copy(update={"verification": verification})

    def _moved_tool(self, tool: Tool) -> Tool:
        if tool.request is None or tool.request.url is None:
            return tool
        request = tool.request.model_copy(update={"url": self.moved_url(tool.request.url)})
        return tool.model_copy(update={"request": request})

    def moved_url(self, url: str) -> str:
        """Give the same address on this server's port."""
        authority, slash, path = url.removeprefix("https://").partition("/")
        is_whole = authority.startswith("{") and authority.endswith("}")
        return url if is_whole else f"https://{authority}:{self.port}{slash}{path}"

    def _resolve(self, host: str, _port: int) -> list[str]:
        self.names.append(host)
        return ["127.0.0.1"]
