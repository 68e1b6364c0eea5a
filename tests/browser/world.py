"""A workspace with everything that pages show, in awkward sizes, and an empty one next to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connections import credentials
from connections.models import Call, Check, Connection, UseCounter
from spojit.lib import clock
from tests import factories
from tests.browser import asking, stepping, webhooks
from workspaces import invitations, notices
from workspaces.roles import Role

if TYPE_CHECKING:
    from datetime import datetime

    from workspaces.models import User, Workspace

LONG_NAME = "Production-of-the-shop-that-sells-everything-" + "0123456789" * 7 + "-main"
LONG_ACCOUNT = "the-account-of-a-company-with-a-long-name-" + "x" * 60
LONG_PERSON = "Wolfeschlegelsteinhausenbergerdorff-" + "y" * 40
MANY = 1_000


@dataclass
class World:
    """Alice owns Northwind, where everything happened, and Quiet, where nothing did."""

    alice: User
    workspace: Workspace
    quiet: Workspace
    token: str = ""
    ids: dict[str, Any] = field(default_factory=dict)


def make() -> World:
    """Make it all."""
    alice = factories.make_user("Alice Archer", is_staff=True)
    northwind = factories.make_workspace("Northwind", slug="northwind", owner=alice)
    quiet = factories.make_workspace("Quiet " + "z" * 70, slug="quiet", owner=alice)
    world = World(alice, northwind, quiet)
    _add_people(world)
    _add_connections(world)
    _add_uses(world)
    webhooks.add(world)
    asking.add(world)
    stepping.add(world)
    _add_notices(world)
    return world


def add_many(workspace: Workspace, *, count: int = MANY) -> None:
    """Fill a list: rows only, as if they had been made over the years."""
    factories.make_connector("http")
    now, owner = clock.now(), factories.owner_of(workspace)
    with factories.scope(workspace):
        Connection.objects.bulk_create(
            Connection(
                workspace=workspace,
                connector_id="http",
                scheme="none",
                name=f"Service {number:04}",
                stable_key=f"service-{number:04}",
                owner=owner,
                status=("active", "error", "reauthorize")[number % 3 if number < 30 else 0],
                reason="credentials_refused" if number % 3 and number < 30 else "",
                checked_at=now,
                verification_due_at=now + timedelta(days=1),
            )
            for number in range(count)
        )


def _add_people(world: World) -> None:
    long = factories.make_user(LONG_PERSON, email=f"{'e' * 60}@{'d' * 50}.example.com")
    world.ids["membership_id"] = factories.make_member(world.workspace, user=long).pk
    factories.make_member(world.workspace, Role.VIEWER, name="Vera")
    for address in ("ben@example.com", f"{'f' * 60}@{'d' * 50}.example.com"):
        row = invitations.invite(world.workspace, email=address, role="member", actor=world.alice)
        world.token = invitations.token_of(row)


def _add_connections(world: World) -> None:
    now = clock.now()
    long = _connection(
        world, LONG_NAME, status="active", environment="live", account_name=LONG_ACCOUNT,
        account_id="1", is_private=True, used_at=now, scopes=["repo", "workflow"],
    )  # fmt: skip
    world.ids["connection_id"] = long.pk
    credentials.stage(long, values={"api_key": "ghp_" + "C3d4" * 9}, actor=world.alice)
    broken = {"status": "error", "decided_at": now, "decided_by": "GET https://api.github.com/user"}
    refused = _connection(world, "GitHub - Broken", reason="credentials_refused", **broken)
    world.ids["broken_id"] = refused.pk
    other = _connection(
        world, "GitHub - Other account", reason="other_account", account_id="1",
        account_name=LONG_ACCOUNT, found_account_id="2", found_account_name=LONG_ACCOUNT[::-1],
        **broken,
    )  # fmt: skip
    world.ids["other_id"] = other.pk
    _connection(world, "GitHub - Reauthorize", status="reauthorize", reason="refresh_exhausted")
    fresh = _connection(world, "GitHub - New", status="pending", environment="sandbox")
    world.ids["pending_id"] = fresh.pk


def _connection(world: World, name: str, **fields: Any) -> Connection:
    later = clock.now() + timedelta(days=1)
    waits = None if fields.get("status") == "pending" else later
    return factories.make_connection(
        world.workspace,
        connector_key="github",
        name=name,
        **{"checked_at": clock.now(), "verification_due_at": waits} | fields,
    )


def _add_uses(world: World) -> None:
    now, one = clock.now(), {"connection_id": world.ids["connection_id"]}
    with factories.scope(world.workspace):
        UseCounter.objects.bulk_create(
            UseCounter(
                workspace=world.workspace,
                day=(now - timedelta(days=ago)).date(),
                calls=ago * 37 % 101,
                failures=ago % 7 == 0,
                **one,
            )
            for ago in range(30)
        )
        Check.objects.bulk_create(_checks(world, now))
        call = Call.objects.create(
            workspace=world.workspace, connector_key="github", tool="list_issues", **one,
            connection_name=LONG_NAME, actor_id=world.alice.pk, actor_name="Alice Archer",
            started_at=now, finished_at=now, outcome="ok", status_code=200, duration_ms=124,
            shown={"data": [{"title": "z" * 300, "labels": ["bug"], "open": True}]},
        )  # fmt: skip
        world.ids["call_id"] = call.pk


def _checks(world: World, now: datetime) -> list[Check]:
    told = [("ok", "active"), ("timeout", "active"), ("credentials_refused", "error")]
    return [
        Check(
            workspace=world.workspace,
            connection_id=world.ids[key],
            outcome=outcome,
            called="GET https://api.github.com/user",
            status_before="active",
            status_after=after,
            account_name=LONG_ACCOUNT if outcome == "ok" else "",
            at=now - timedelta(hours=number),
        )
        for key in ("connection_id", "broken_id", "other_id")
        for number, (outcome, after) in enumerate(told)
    ]


def _add_notices(world: World) -> None:
    with factories.scope(world.workspace):
        for number in range(3):
            notices.tell(
                world.workspace,
                users=[world.alice],
                key=f"told {number}",
                title=f"{LONG_NAME} stopped working",
                text=f"The service refused the credentials of {LONG_ACCOUNT}.",
                path="/w/northwind/connections/",
            )
