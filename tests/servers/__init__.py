"""Small servers on loopback, each in plain threads: what the outside world does, on purpose.

    from tests import servers

    with servers.recording() as server:                       # answers 200 and {} to everything
        server.url                                            # "http://127.0.0.1:40123"
        outbound.send(request, policy=servers.policy(server)) # loopback and its port are open
        server.requests[0].headers["authorization"]           # all that arrived, in order

    with servers.recording(servers.Reply(404)) as server: ...
    with servers.recording({"/user": servers.json_reply({"id": 7})}) as server: ...    # else 404
    with servers.recording(lambda received: servers.json_reply(received.method)) as server: ...

    with servers.faulty("reset") as server: ...               # see `servers.FAULTS` for all

    authority = servers.Authority(tmp_path)                   # a CA made here and now
    with servers.recording(tls=authority.issue("api.test")) as server:
        policy = servers.policy(server, names={"api.test": "127.0.0.1"}, authority=authority)
        outbound.send(Request("GET", server.url_for("api.test", "/user")), policy=policy)
    authority.issue("api.test", is_expired=True); authority.issue("other.test")

A name that is not in `names` is not found. `faulty` takes `tls` as well. `Received` has `method`,
`path`, `query` (pairs), `headers` (names in lower case), `body`, `raw` (all bytes as they came),
and `server_name` (from TLS).
"""

from spojit.lib.outbound.addresses import networks
from tests.servers.certificates import Authority
from tests.servers.faults import FAULTS, faulty
from tests.servers.http import Received, Reply, Server, json_reply, receive, recording, redirect
from tests.servers.policies import policy, resolver

__all__ = [
    "FAULTS",
    "Authority",
    "Received",
    "Reply",
    "Server",
    "faulty",
    "json_reply",
    "networks",
    "policy",
    "receive",
    "recording",
    "redirect",
    "resolver",
]
