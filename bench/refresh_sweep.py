"""Row 4: a sweep of 10,000 due tokens, and how fast as many bare clients renew at the same service.

The service answers after 50 ms, which is quick for a token endpoint. The target, 0.7 of its own
rate, is written in times: a token takes us at most 1 / 0.7 as long.
"""

from __future__ import annotations

import http.client
import json
import ssl
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.conf import settings
from django.db import connections as databases

from bench.measuring import Row
from bench.prepare import team
from connections.oauth import sweeping
from spojit.lib import outbound
from tests import servers
from tests.connections import grants
from tests.proofs import granting
from tests.servers import catalogue, tokens
from tests.servers.policies import LOOPBACK

if TYPE_CHECKING:
    from tests.servers.tokens import TokenServer

COUNT, FLOOR_COUNT = 10_000, 1_000
LAG_SECONDS = 0.05
LEFT = timedelta(hours=1)
TARGET_RATE = 0.7
KIND = {"Content-Type": "application/x-www-form-urlencoded"}


def measure() -> Row:
    """Run the service, and let both renew."""
    with tempfile.TemporaryDirectory() as folder, catalogue.with_connectors(catalogue.OIDC):
        authority = servers.Authority(Path(folder))
        with tokens.running(authority) as service:
            outbound.configure(
                allowed_networks=LOOPBACK,
                allowed_ports=[service.port],
                ca_bundle=str(authority.bundle),
            )
            return _measure(service)


def _measure(service: TokenServer) -> Row:
    """Take the bare clients' rate before and after ours; both have as many threads."""
    workspace, _ = team()
    grants.install_app(service)
    made = granting.due(workspace, service, COUNT, left=LEFT)
    with databases["owner"].cursor() as owner:  # as autovacuum does, which is off here
        owner.execute("ANALYZE connections_credential, connections_connection")
    service.change(lag_seconds=LAG_SECONDS)
    before = _floor_ms(service)
    ours_ms = _ours_ms()
    floor_ms = statistics.mean([before, _floor_ms(service)])
    assert granting.revisions(made) == {2: COUNT}
    assert (service.state()["uses"], service.state()["reused"]) == (
        {"1": COUNT + 2 * FLOOR_COUNT},
        0,
    )
    note = f"{1000 / ours_ms:.0f} of {1000 / floor_ms:.0f} a second, each once"
    what = f"Refresh sweep of {COUNT:,} due tokens, {settings.REFRESH_THREADS} at once"
    return Row(what, floor_ms, ours_ms, ours_ms / floor_ms, target=1 / TARGET_RATE, note=note)


def _ours_ms() -> float:
    started = time.perf_counter()
    found = sweeping.sweep(threads=settings.REFRESH_THREADS, seconds=3600)
    assert dict(found) == {"ok": COUNT}
    return (time.perf_counter() - started) * 1000 / COUNT


def _floor_ms(service: TokenServer) -> float:
    threads = settings.REFRESH_THREADS
    sent = [told["refresh_token"] for told in service.grants(FLOOR_COUNT)]
    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as clients:
        shares = [sent[number::threads] for number in range(threads)]
        list(clients.map(lambda share: _renew(service, share), shares))
    return (time.perf_counter() - started) * 1000 / FLOOR_COUNT


def _renew(service: TokenServer, refresh_tokens: list[str]) -> None:
    """Renew over one kept-alive connection, and read what comes."""
    tls = ssl.create_default_context(cafile=str(service.authority.bundle))
    connection = http.client.HTTPSConnection("127.0.0.1", service.port, context=tls, timeout=30)
    headers = service.app.proof()[0] | KIND
    for token in refresh_tokens:
        form = urlencode({"grant_type": "refresh_token", "refresh_token": token})
        connection.request("POST", "/token", form, headers)
        assert json.loads(connection.getresponse().read())["access_token"]
    connection.close()
