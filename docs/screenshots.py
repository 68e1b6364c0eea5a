#!/usr/bin/env python
"""Takes the README's screenshots of a trial of its own, in a folder that is gone afterwards.

Its connections are real: workers verify them against servers on loopback, one of which refuses. Its
workflows are those of the demo, and have run.
"""

from __future__ import annotations

import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE_DIR))
IMAGES = BASE_DIR / "docs" / "images"
PATIENCE_SECONDS = 90.0
HEIGHTS = {"connections": 860, "connection": 960, "designer": 980, "run": 900}
FLOW = "Orders to digest"
DAYS = 30
KEY = "ghp_" + "A1b2" * 9
BUCKETS = (
    "<ListAllMyBucketsResult><Owner><ID>5f1c</ID><DisplayName>northwind-backups</DisplayName>"
    "</Owner><Buckets></Buckets></ListAllMyBucketsResult>"
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from connections.models import Connection
    from tests.servers import Received, Reply
    from workspaces.models import User, Workspace


class Wanted(NamedTuple):
    """A connection to be made, and the tag that its service would have told."""

    name: str
    connector: str
    scheme: str
    values: dict[str, str]
    environment: str = ""


def main() -> None:
    """Start a trial, fill it, wait until every connection is decided, take the pictures."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="spojit-")))
        folder.chmod(0o755)  # PostgreSQL runs as somebody else when we are root
        url, wanted_of = _surroundings(stack, folder)
        stack.enter_context(_trial(url, folder))
        workspace, user = _fill(wanted_of)
        _photograph(url, workspace, user)


def _surroundings(stack: ExitStack, folder: Path) -> tuple[str, list[Wanted]]:
    """Start the services of others and point the environment at a fresh trial."""
    from tests import servers  # noqa: PLC0415 - the path is set by now

    authority = servers.Authority(folder)
    tls = authority.issue("localhost")
    service = stack.enter_context(servers.recording(_answer, tls=tls))
    port = _free_port()
    os.environ.pop("DATABASE_URL", None)
    os.environ.pop("REDIS_URL", None)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "spojit.settings",
        "VAR_DIR": str(folder / "var"),
        "PORT": str(port),
        "OUTBOUND_CA_BUNDLE": str(authority.bundle),
        "OUTBOUND_ALLOWED_PORTS": f"{port},{service.port}",
        "LOG_LEVEL": "WARNING",
    }
    host = f"localhost:{service.port}"
    return f"http://127.0.0.1:{port}", _wanted(host)


def _answer(received: Received) -> Reply:
    from tests import servers  # noqa: PLC0415

    if "AWS4-HMAC-SHA256" in received.headers.get("authorization", ""):
        return servers.Reply(headers={"Content-Type": "application/xml"}, body=BUCKETS.encode())
    if not received.headers.get("authorization", "").endswith(KEY):
        return servers.json_reply({"message": "Bad credentials"}, 401)
    person = {"id": 4711, "login": "northwind-bot", "type": "User"}
    return servers.json_reply(person, x_oauth_scopes="repo, workflow")


def _wanted(host: str) -> list[Wanted]:
    github = {"service_url": "enterprise_server", "host": host}
    api = {"base_url": f"https://{host}/v1", "test_path": "/me"}
    desk = {"base_url": f"https://{host}/desk", "test_path": "/session"}
    backups = {"service_url": "compatible", "endpoint": f"https://{host}", "region": "us-east-1",
               "access_key_id": "northwind-backups", "secret_access_key": KEY}  # fmt: skip
    return [
        Wanted("Releases", "github", "api_key", github | {"api_key": KEY}, "live"),
        Wanted("Warehouse", "http", "api_key", api | {"api_key": KEY}, "live"),
        Wanted("Warehouse test", "http", "api_key", api | {"api_key": "revoked-key"}, "test"),
        Wanted("Backups", "s3", "aws_sigv4", backups, "live"),
        Wanted("Help desk", "http", "api_key", desk | {"api_key": KEY}),
    ]


def _of_this_trial() -> list[Wanted]:
    """Name the connections to the trial's own demo servers."""
    orders, cache = _parts("DEMO_DATABASE_URL"), _parts("DEMO_REDIS_URL")
    return [
        Wanted("Orders", "postgresql", "database", orders, "live"),
        Wanted("Orders copy", "postgresql", "database", orders, "test"),
        Wanted("Sessions", "redis", "database", cache, "live"),
        Wanted("Web shop", "spojit_webhook", "webhook", {"signing_secret": KEY}),
    ]


def _parts(variable: str) -> dict[str, str]:
    split = urlsplit(os.environ[variable])
    return {
        "host": split.hostname or "",
        "port": str(split.port),
        "database": split.path.lstrip("/"),
        "username": unquote(split.username or ""),
        "password": unquote(split.password or ""),
        "tls": "off",
    }


@contextmanager
def _trial(url: str, folder: Path) -> Iterator[None]:
    """Run everything as `make run` does, until the pictures are taken."""
    log = folder / "up.log"
    with log.open("wb") as output:
        command = [sys.executable, str(BASE_DIR / "manage.py"), "up"]
        running = subprocess.Popen(command, cwd=BASE_DIR, stdout=output, stderr=output)  # noqa: S603
    try:
        _wait_until(lambda: "Ready: " in log.read_text() or running.poll() is not None)
        if running.poll() is not None:
            raise SystemExit(f"The trial at {url} did not start:\n{log.read_text()[-3000:]}")
        yield
    finally:
        running.terminate()
        running.wait(timeout=PATIENCE_SECONDS)


def _fill(wanted: list[Wanted]) -> tuple[Workspace, User]:
    """Make the people and the connections, wait for the workers, and add thirty days of use."""
    import django  # noqa: PLC0415 - only now is there a trial to connect to

    django.setup()
    from connections.models import Connection  # noqa: PLC0415
    from tests import factories  # noqa: PLC0415
    from workspaces import isolation  # noqa: PLC0415
    from workspaces.roles import Role  # noqa: PLC0415

    alice = factories.make_user("Alice Moreau", email="alice@northwind.example")
    workspace = factories.make_workspace("Northwind", slug="northwind", owner=alice)
    bob = factories.make_member(workspace, Role.ADMIN, name="Bob Okafor").user
    everything = [*_of_this_trial(), *wanted]
    made = {
        one.name: _connect(workspace, one, actor=(alice, bob)[number % 2])
        for number, one in enumerate(everything)
    }

    def is_decided() -> bool:
        with isolation.workspace(workspace):
            waiting = Connection.objects.filter(status="pending")
            return not waiting.exclude(connector_id="spojit_webhook").exists()

    _wait_until(is_decided)
    with isolation.workspace(workspace):
        for one in everything:
            row = Connection.objects.filter(pk=made[one.name].pk)
            row.update(environment=one.environment)
            if one.connector != "spojit_webhook":
                _add_history(row.get(), seed=len(one.name))
    _add_workflows(workspace, alice, made)
    return workspace, alice


def _add_workflows(workspace: Workspace, user: User, made: dict[str, Connection]) -> None:
    """Add the demo's workflows, and wait until one has run."""
    from workflows import demo, tasks  # noqa: PLC0415
    from workflows.models import Run  # noqa: PLC0415
    from workspaces import isolation  # noqa: PLC0415

    names = {"postgresql": "Orders", "redis": "Sessions", "spojit_webhook": "Web shop"}
    demo.make(workspace, {key: made[name] for key, name in names.items()}, actor=user)
    tasks.announce()

    def has_run() -> bool:
        with isolation.workspace(workspace):
            return bool(Run.objects.filter(status="completed").exists())

    _wait_until(has_run)


def _connect(workspace: Workspace, wanted: Wanted, *, actor: User) -> Connection:
    from connections import lifecycle, tasks  # noqa: PLC0415

    connection = lifecycle.create(
        workspace,
        connector_key=wanted.connector,
        scheme=wanted.scheme,
        name=wanted.name,
        values=wanted.values,
        actor=actor,
    )
    tasks.announce_verification(connection)
    return connection


def _add_history(connection: Connection, *, seed: int) -> None:
    """Add use and age: a connection of a month ago, busier on weekdays."""
    from connections.models import Connection, UseCounter  # noqa: PLC0415
    from spojit.lib import clock  # noqa: PLC0415

    now, chance = clock.now(), random.Random(seed)  # noqa: S311 - a picture, no secret
    days = [(now - timedelta(days=ago)).date() for ago in range(DAYS)]
    UseCounter.objects.bulk_create(
        UseCounter(
            workspace_id=connection.workspace_id,
            connection=connection,
            day=day,
            calls=(calls := chance.randint(40, 120) // (6 if day.weekday() > 4 else 1)),
            failures=calls // 9 if chance.random() < 0.12 else 0,
        )
        for day in days
    )
    used_at = now - timedelta(minutes=chance.randint(2, 50))
    Connection.objects.filter(pk=connection.pk).update(
        created_at=now - timedelta(days=DAYS), used_at=used_at
    )


def _photograph(url: str, workspace: Workspace, user: User) -> None:
    """Take the pictures as somebody who has signed in."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    from tests import factories  # noqa: PLC0415
    from tests.browser.chromium import ARGUMENTS, CHROMIUM  # noqa: PLC0415

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        page = browser.new_page(base_url=url, reduced_motion="reduce")
        page.goto("/accounts/login/")
        page.fill("[name=login]", user.email)
        page.fill("[name=password]", factories.PASSWORD)
        page.click("form button[type=submit]")
        page.wait_for_url(re.compile(f"/w/{workspace.slug}/"))
        IMAGES.mkdir(exist_ok=True)
        for name, height in HEIGHTS.items():
            page.set_viewport_size({"width": 1280, "height": height})
            _open(page, f"/w/{workspace.slug}", name)
            page.screenshot(path=IMAGES / f"{name}.png")
        browser.close()


def _open(page: Page, base: str, name: str) -> None:
    """Go to the page of one picture, and wait until all of it is there."""
    if name in {"connections", "connection"}:
        page.goto(f"{base}/connections/")
    if name == "connection":
        page.get_by_role("link", name="Releases").click()
        page.wait_for_selector("#status-panel")
    elif name == "designer":
        page.goto(f"{base}/workflows/")
        page.get_by_role("link", name=FLOW).click()
        page.locator("#card-orders").click()
        page.wait_for_selector("#step-form")
    elif name == "run":
        page.goto(f"{base}/runs/")
        page.locator("#table .row-link").first.click()
        page.locator(".trace-link", has_text="Read orders").click()
        page.wait_for_selector("#step .json")


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit("The trial took too long.")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
