"""The cast of the tests."""

from __future__ import annotations

import pytest

from tests.factories import PASSWORD, make_cast, scope, signed_in
from workspaces.models import Membership


@pytest.mark.django_db
def test_the_cast_lives_in_two_workspaces() -> None:
    cast = make_cast()
    with scope(cast.workspace):
        roles = {row.user: row.role for row in Membership.objects.select_related("user")}
    assert roles == {person: role.value for role, person in cast.by_role().items()}
    with scope(cast.next_door):
        assert [row.user for row in Membership.objects.select_related("user")] == [cast.mallory]


@pytest.mark.django_db
def test_everybody_can_sign_in() -> None:
    cast = make_cast()
    assert all(person.check_password(PASSWORD) for person in cast.by_role().values())
    assert signed_in(cast.alice).session["_auth_user_id"] == str(cast.alice.pk)
