"""The whole job at a browser: connect, build, receive, run, rotate under load, break and mend."""

from __future__ import annotations

import itertools
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from playwright.sync_api import expect

from tests.browser.designing import Designer
from tests.browser.steps import KEY, PATIENCE_MS
from tests.browser.test_journeys import LIST, ONE, enter
from tests.browser.test_webhooks import add as add_webhook
from tests.connections import webhooks
from tests.proofs.posting import Line, written
from tests.proofs.sizes import sized
from workflows.models import Run, Step
from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.browser.steps import Service, Visitor
    from workspaces.models import Workspace

DELIVERIES = int(sized(20, 100))
HELD = 5
NEW_KEY, LAST_KEY = "a-new-key-2222222", "a-last-key-4444444"
SENDERS = 4
DATABASE, SHOP, HOOK = "Orders database", "Order service", "Orders"
SQL = "SELECT id, total_cents FROM orders ORDER BY id LIMIT 2"
ROWS = 2
FLOW = "Order intake"


def test_the_whole_job(visitor: Visitor, crm: Service) -> None:
    workspace = enter(visitor)
    connect_a_database(visitor)
    connect_a_service(visitor, crm)
    url, secret = add_webhook(visitor)
    sender = Sender(visitor.live.port, urlsplit(url).path, secret)
    build(visitor)
    everything_completes(visitor, workspace, sender)
    each_step_tells_what_it_did(visitor)
    assert posts(crm) == DELIVERIES * ROWS
    a_rotation_in_the_middle_of_a_load_fails_no_run(visitor, workspace, crm, sender)
    runs_wait_for_a_broken_connection_and_finish_when_it_is_mended(visitor, workspace, crm, sender)
    assert posts(crm) == sender.sent * ROWS


class Sender:
    """A program that delivers orders: signed, each with an ID of its own, several at a time."""

    def __init__(self, port: int, path: str, secret: str) -> None:
        self.port, self.path, self.secret = port, path, secret
        self.sent = 0
        self._numbers = itertools.count(1)

    def send(self, count: int) -> None:
        with ThreadPoolExecutor(SENDERS) as threads:
            list(threads.map(lambda _: self.send_one(), range(count)))

    def send_one(self) -> None:
        number = next(self._numbers)
        body = json.dumps({"order": number}).encode()
        headers = webhooks.signed("spojit", body, secret=self.secret, delivery_id=f"order-{number}")
        with Line(self.port) as line:
            assert line.post(written(self.path, body, headers)).status == 202
        self.sent += 1

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Send without a pause, one after another, until this ends."""
        is_over = threading.Event()

        def go_on() -> None:
            while not is_over.is_set():
                self.send_one()
                time.sleep(0.05)

        with ThreadPoolExecutor(1) as threads:
            sent = threads.submit(go_on)
            try:
                yield
            finally:
                is_over.set()
                sent.result()


def connect_a_database(visitor: Visitor) -> None:
    url = urlsplit(os.environ["DEMO_DATABASE_URL"])
    visitor.go(f"{LIST}new/postgresql/")
    visitor.fill(
        name=DATABASE,
        host=url.hostname or "",
        port=str(url.port),
        database=url.path.lstrip("/"),
        username=unquote(url.username or ""),
        password=unquote(url.password or ""),
    )
    visitor.input("tls").select_option("off")
    visitor.press("Save and verify")
    visitor.sees("Connected to")


def connect_a_service(visitor: Visitor, crm: Service) -> None:
    visitor.go(f"{LIST}new/http/?scheme=api_key")
    visitor.fill(name=SHOP, base_url=crm.url, api_key=KEY, test_path="/me")
    visitor.press("Save and verify")
    visitor.is_at(rf"{ONE}added/")
    visitor.sees("It works.")


def build(visitor: Visitor) -> None:
    """Build query, loop, POST, condition and response by clicks, save and enable it."""
    visitor.go("/w/northwind/workflows/new/")
    visitor.fill(name=FLOW)
    visitor.press("Open the designer")
    designer = Designer(visitor)
    designer.open("start")
    designer.choose("start.type", "By each delivery to a webhook")
    designer.choose("start.connection_id", HOOK)
    query = designer.add("Start", "connector:postgresql")
    designer.tick(DATABASE)
    designer.choose("tool", "Query")
    designer.write("arguments.sql", SQL)
    loop = designer.add("PostgreSQL", "loop")
    designer.write("items", f"{{{{ {query}.rows }}}}")
    designer.add("Loop, for each", "connector:http")
    designer.tick(SHOP)
    designer.choose("tool", "POST")
    designer.write("arguments.path", "/orders/{{ item.id }}")
    designer.add("Loop, when done", "condition")
    designer.choose("by", "An expression")
    designer.write("expression", f"{{{{ {loop}.rounds > 0 }}}}")
    designer.add("Condition, yes", "response")
    designer.write("status", "201")
    expect(visitor.page.locator("#problems")).to_contain_text("No problems")
    designer.save()
    designer.enable()


def everything_completes(visitor: Visitor, workspace: Workspace, sender: Sender) -> None:
    sender.send(DELIVERIES)
    wait_for(workspace, completed=DELIVERIES)
    visitor.go("/w/northwind/runs/")
    statuses = visitor.page.locator("#table tbody .status")
    expect(statuses).to_have_text(["Completed"] * min(DELIVERIES, 50))


def each_step_tells_what_it_did(visitor: Visitor) -> None:
    """Open the newest run, and the step that called the service."""
    visitor.page.locator("#table tbody .row-link").first.click()
    expect(visitor.page.locator(".run-head .status")).to_have_text("Completed")
    visitor.page.locator(".trace-link", has_text="PostgreSQL").click()
    expect(visitor.page.locator("#step")).to_contain_text(DATABASE)


def a_rotation_in_the_middle_of_a_load_fails_no_run(
    visitor: Visitor, workspace: Workspace, crm: Service, sender: Sender
) -> None:
    """Put a new key in while deliveries come; the service takes the old one meanwhile."""
    crm.keys.add(NEW_KEY)
    with sender.sending():
        open_connection(visitor, SHOP)
        put_in(visitor, NEW_KEY)
        visitor.sees("It works.")
        wait_until(lambda: crm.seen_keys[-1] == NEW_KEY)
    crm.keys.discard(KEY)
    wait_for(workspace, completed=sender.sent)
    assert runs(workspace) == {"completed": sender.sent}
    assert KEY in crm.seen_keys[DELIVERIES:]
    assert KEY not in crm.seen_keys[-ROWS:]


def runs_wait_for_a_broken_connection_and_finish_when_it_is_mended(
    visitor: Visitor, workspace: Workspace, crm: Service, sender: Sender
) -> None:
    crm.keys.clear()
    open_connection(visitor, SHOP)
    visitor.press("Verify now")
    expect(visitor.page.locator("#status-panel .status")).to_contain_text("Error")
    sender.send(HELD)
    wait_for(workspace, waiting=HELD)
    visitor.go("/w/northwind/runs/?status=waiting")
    visitor.page.locator("#table tbody .row-link").first.click()
    visitor.sees(SHOP)
    crm.keys.add(LAST_KEY)
    visitor.page.locator(".run-panel .button-primary").click()
    put_in(visitor, LAST_KEY)
    visitor.sees("It works.")
    wait_for(workspace, completed=sender.sent)


def open_connection(visitor: Visitor, name: str) -> None:
    visitor.go(LIST)
    visitor.follow(name)
    visitor.is_at(ONE)


def put_in(visitor: Visitor, key: str) -> None:
    """Rotate to another key, on the page that is open or one click away."""
    if not visitor.page.url.endswith("/credential/"):
        visitor.follow("Rotate")
    visitor.page.get_by_label("Replace").check()
    visitor.fill(api_key=key)
    visitor.press("Save and verify")


def posts(crm: Service) -> int:
    return sum(received.method == "POST" for received in crm.server.requests)


def runs(workspace: Workspace) -> dict[str, int]:
    """Count the runs by status."""
    with isolation.workspace(workspace):
        found: dict[str, int] = {}
        for status in Run.objects.values_list("status", flat=True):
            found[status] = found.get(status, 0) + 1
        return found


def wait_for(workspace: Workspace, **wanted: int) -> None:
    """Wait until there are so many runs of a status; tell what failed when there are not."""
    try:
        wait_until(lambda: wanted.items() <= runs(workspace).items())
    except AssertionError:
        with isolation.workspace(workspace):
            rows = Step.objects.exclude(status="completed").order_by("-started_at")[:3]
            told = [(row.place, row.status, row.outcome, row.detail) for row in rows]
        raise AssertionError(f"wanted {wanted}, there are {runs(workspace)}: {told}") from None


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
