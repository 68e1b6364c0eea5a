"""Every form, sent with something wrong: the error is seen, and the page has no fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from tests.browser import looking, world as worlds
from tests.proofs.sizes import only_whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.browser.steps import Visitor
    from tests.browser.world import World

Wrong = tuple[str, str, dict[str, str]]
"""A path, the button that sends the form, and what is typed first."""

SEND = """button => {
  button.form.noValidate = true;
  button.form.querySelectorAll("select").forEach(at => { at.value = ""; });
  button.form.querySelectorAll("[value=replace]").forEach(at => { at.checked = true; });
  button.disabled = false;
  button.click();
}"""
UNFOLD = "folds => folds.forEach(fold => { fold.open = true; })"
LONG = "x" * 300


@only_whole
def test_forms_of_visitors(visitor: Visitor) -> None:
    worlds.make()
    taken = {"name": "\u202eZoe", "email": "no address", "workspace": LONG, "password1": "short"}
    assert_no_fault(
        visitor,
        [
            ("/accounts/login/", "Sign in", {"login": "zoe@example.com", "password": "wrong"}),
            ("/accounts/login/", "Sign in", {}),
            ("/accounts/signup/", "Sign up", taken),
            ("/accounts/password/reset/", "Send the link", {"email": "no address"}),
        ],
    )


@only_whole
def test_forms_of_an_account(visitor: Visitor) -> None:
    visitor.enter(worlds.make().alice)
    passwords = {"oldpassword": "wrong", "password1": "short", "password2": "other"}
    assert_no_fault(
        visitor,
        [
            ("/accounts/reauthenticate/", "Confirm", {"password": "wrong"}),
            ("/accounts/email/", "Add", {"email": "no address"}),
            ("/accounts/password/change/", "Change password", passwords),
            ("/workspaces/new/", "Create workspace", {"name": " "}),
        ],
    )


@only_whole
def test_forms_of_a_workspace(visitor: Visitor) -> None:
    world = worlds.make()
    visitor.enter(world.alice)
    assert_no_fault(visitor, of_a_workspace(world))


def test_forms_of_connections(visitor: Visitor) -> None:
    world = worlds.make()
    visitor.enter(world.alice)
    assert_no_fault(visitor, of_connections(world))


def of_a_workspace(world: World) -> Iterable[Wrong]:
    """List the forms of a workspace."""
    at = f"/w/{world.workspace.slug}/"
    yield f"{at}invitations/", "Send invitation", {"email": "no address"}
    yield f"{at}settings/", "Save", {"name": " ", "audit_retention_days": "0"}
    yield f"{at}owner/", "Hand over", {}
    yield f"{at}deletion/", "Delete workspace", {"name": "Another name"}
    yield f"{at}connectors/github/tools/create_issue/", "Run", {}
    yield f"{at}audit/?from=2026-02-30&to=nonsense", "", {}


def of_connections(world: World) -> Iterable[Wrong]:
    """List the forms that make a connection, and those of one."""
    slug, of = world.workspace.slug, world.ids
    for key in ("github", "http", "postgresql"):
        path = reverse("connections:add", args=[slug, key])
        yield path, "Save and verify", {"name": "GitHub - Broken"}
    one = {
        name: reverse(f"connections:{name}", args=[slug, of["connection_id"]])
        for name in ("credential", "settings", "hand_over", "credentials")
    }
    yield one["credential"], "Save and verify", {"name": LONG}
    yield one["settings"], "Rename", {"name": "GitHub - Broken"}
    yield one["hand_over"], "Hand over", {}
    yield one["credentials"], "Save", {"expires_on": "2001-01-01"}


def assert_no_fault(visitor: Visitor, wrong: Iterable[Wrong]) -> None:
    """Send each form; fail with the faults of all pages that come back."""
    found = []
    for path, button, typed in wrong:
        send(visitor, path, button, typed)
        looking.settle(visitor.page)
        with visitor.unheard():
            faults = looking.faults(visitor.page, "-wrong")
        found += [f"{path} {fault}" for fault in faults]
    assert found == [], "\n".join(found)


def send(visitor: Visitor, path: str, button: str, typed: dict[str, str]) -> None:
    """Fill in what there is, send it without the browser's own checks, and wait for the errors."""
    visitor.go(path)
    if button:
        visitor.page.locator("#content details.fold").evaluate_all(UNFOLD)
        for name, value in typed.items():
            if visitor.input(name).count() == 1:
                visitor.input(name).fill(value)
        places = visitor.page.locator("#content button, .account-card button")
        visitor.page.wait_for_load_state()
        with visitor.page.expect_response(lambda answer: answer.request.method == "POST"):
            places.filter(has_text=button).last.evaluate(SEND)
    visitor.page.wait_for_load_state()
    visitor.page.locator(".field-error, .form-errors").first.wait_for(state="visible")
