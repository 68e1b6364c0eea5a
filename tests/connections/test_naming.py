"""Suggested names, progress and access: the small pure modules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connections import access, naming, progress
from connections.models import Call, Check, Connection
from connectors import registry
from spojit.lib.ids import new_id
from workspaces.models import Membership, User
from workspaces.roles import Role

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ALICE, BOB = User(id=new_id(), name="Alice"), User(id=new_id(), name="Bob")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "Shopify"),
        ({"environment": "live"}, "Shopify - Production"),
        ({"environment": "sandbox", "account": " a  b "}, "Shopify - a b - Sandbox"),
        ({"environment": "unknown"}, "Shopify"),
        ({"taken": ["SHOPIFY", "shopify 2"]}, "Shopify 3"),
        ({"account": "x" * 300}, "Shopify - " + "x" * 105),
    ],
)
def test_a_suggested_name_is_free_and_short(given: dict[str, str], expected: str) -> None:
    assert naming.suggest("Shopify", **given) == expected


@pytest.mark.parametrize(
    ("due", "lease", "expected"),
    [(None, None, False), (0, None, True), (1, None, False), (None, 1, True), (1, -1, False)],
)
def test_a_verification_is_under_way_while_due_or_leased(
    due: int | None, lease: int | None, expected: bool
) -> None:
    def moment(seconds: int | None) -> datetime | None:
        return None if seconds is None else NOW + timedelta(seconds=seconds)

    row = Connection(verification_due_at=moment(due), lease_expires_at=moment(lease))
    assert progress.is_verifying(row, now=NOW) is expected


def test_a_failed_verification_stops_at_its_step_and_says_why() -> None:
    steps = progress.finished(Check(outcome="credentials_refused", detail="It said 401."))
    assert [step.state for step in steps] == ["done", "done", "failed", "waiting", "waiting"]
    assert steps[2].why == "The service refused the credentials."
    assert steps[2].remedy.startswith("It said 401. Check that the key is whole")


def test_a_good_one_names_account_and_scopes() -> None:
    check = Check(outcome="ok", account_name="octocat")
    steps = progress.finished(check, scopes=["repo", "user"])
    assert {step.state for step in steps} == {"done"}
    assert [step.note for step in steps[3:]] == ["octocat", "repo, user"]
    assert progress.finished(Check(outcome="ok"))[3].note == "this service does not say"
    assert progress.running()[0].state == "running"


def member(role: Role, user: User) -> Membership:
    return Membership(role=role, user=user)


@pytest.mark.parametrize(
    ("role", "owner", "private", "see", "use", "manage", "read", "write"),
    [
        (Role.VIEWER, ALICE, False, True, False, False, False, False),
        (Role.VIEWER, BOB, False, True, False, False, False, False),
        (Role.VIEWER, ALICE, True, False, False, False, False, False),
        (Role.MEMBER, ALICE, False, True, True, False, True, False),
        (Role.MEMBER, ALICE, True, False, False, False, False, False),
        (Role.MEMBER, BOB, False, True, True, True, True, True),
        (Role.MEMBER, BOB, True, True, True, True, True, True),
        (Role.ADMIN, ALICE, True, True, True, True, True, True),
        (Role.OWNER, ALICE, True, True, True, True, True, True),
    ],
)
def test_bobs_rights(
    role: Role,
    owner: User,
    private: bool,
    see: bool,
    use: bool,
    manage: bool,
    read: bool,
    write: bool,
) -> None:
    bob, row = member(role, BOB), Connection(owner=owner, is_private=private, name="Shop")
    tools = registry.get("http")
    found = (
        access.may_see(bob, row),
        access.may_use(bob, row),
        access.may_manage(bob, row),
        access.may_run(bob, row, tools.tool("get")),
        access.may_run(bob, row, tools.tool("post")),
    )
    assert found == (see, use, manage, read, write)
    assert access.may_run(bob, row, tools.tool("delete")) is write
    assert access.may_run(bob, None, tools.tool("delete")) is (role != Role.VIEWER)
    shown = access.shown_name(bob, row)
    assert shown == ("Shop" if see else "a private connection of Alice")


def test_a_private_connection_of_who_left_says_so() -> None:
    row = Connection(owner=None, is_private=True, name="Shop")
    assert access.shown_name(member(Role.MEMBER, BOB), row) == (
        "a private connection of a former member"
    )


def test_the_answer_of_a_call_without_a_connection_is_for_who_asked() -> None:
    call = Call(actor_id=BOB.pk)
    assert access.may_see_call(member(Role.VIEWER, BOB), call)
    assert not access.may_see_call(member(Role.OWNER, ALICE), call)
