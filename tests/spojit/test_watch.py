"""What watches the installation asks."""

from __future__ import annotations

import socket
import urllib.request
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache
from django.test import Client

from spojit.lib import metrics
from tests.factories import make_cast
from tests.workflows import running
from tests.workflows.graphs import node

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db


def test_a_serving_process_says_so() -> None:
    response = Client().get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


def test_readiness_names_both_servers() -> None:
    response = Client().get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"database": "ok", "redis": "ok"}


def test_without_redis_it_is_not_ready_and_says_what_is_missing(settings: Settings) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.REDIS_URL = f"redis://127.0.0.1:{unused.getsockname()[1]}/0"
        response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"database": "ok", "redis": "unreachable"}


@pytest.mark.parametrize(
    ("authorization", "status"),
    [("Bearer right", 200), ("Bearer wrong", 403), ("right", 403), ("", 403), ("Bearer ⚿", 403)],
)
def test_with_a_token_only_its_bearer_reads_the_numbers(
    authorization: str, status: int, settings: Settings
) -> None:
    settings.METRICS_TOKEN = "right"
    response = Client().get("/metrics", headers={"Authorization": authorization})
    assert response.status_code == status


@pytest.mark.parametrize(("peer", "status"), [("127.0.0.1", 200), ("::1", 200), ("10.1.2.3", 403)])
def test_without_a_token_only_this_machine_reads_the_numbers(
    peer: str, status: int, settings: Settings
) -> None:
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", REMOTE_ADDR=peer).status_code == status


def test_a_forwarded_loopback_address_is_not_believed(settings: Settings) -> None:
    settings.METRICS_TOKEN, settings.TRUSTED_PROXIES = "", []
    headers = {"X-Forwarded-For": "127.0.0.1"}
    assert Client().get("/metrics", REMOTE_ADDR="10.1.2.3", headers=headers).status_code == 403


def test_requests_and_outcomes_are_counted() -> None:
    before = numbers()
    Client().get("/accounts/login/")
    Client().generic("BREW", "/accounts/login/")
    metrics.count_outcome("verification", "credentials_refused", seconds=0.2)
    after = numbers()
    for name in (
        'spojit_requests_total{method="GET",status="200"}',
        'spojit_requests_total{method="OTHER",status="405"}',
        'spojit_outcomes_total{kind="verification",outcome="credentials_refused"}',
        'spojit_outcome_seconds_count{kind="verification"}',
    ):
        assert after[name] == before.get(name, 0) + 1


def numbers() -> dict[str, float]:
    text = Client().get("/metrics").content.decode()
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def test_a_worker_serves_its_own_numbers() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    server, thread = metrics.serve(host="127.0.0.1", port=port)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            assert b"spojit_outcomes_total" in answer.read()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_proxy_on_this_machine_is_not_this_machine(settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    response = Client().get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"})
    assert response.status_code == 403


def test_metrics_count_runs_and_their_steps(client: Client) -> None:
    cast = make_cast()
    waiting = running.enabled(cast, [node("pause", "delay", seconds=100)], "start > pause")
    done = running.enabled(cast, [node("end")], "start > end", name="Other")
    before = _numbers(client)
    cache.clear()
    for flow in (waiting, done, done):
        running.start(flow)
    assert sorted(running.work()) == ["completed", "completed", "waiting"]
    after = _numbers(client)
    assert after['spojit_runs_unfinished{status="waiting"}'] == 1
    assert after['spojit_runs_unfinished{status="queued"}'] == 0
    for name, more in (
        ('spojit_runs_total{status="completed"}', 2),
        ("spojit_run_seconds_count", 2),
        ('spojit_steps_total{kind="transform",status="completed"}', 2),
    ):
        assert after[name] - before.get(name, 0) == more, name


def _numbers(client: Client) -> dict[str, float]:
    lines = client.get("/metrics").content.decode().splitlines()
    told = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in told}
