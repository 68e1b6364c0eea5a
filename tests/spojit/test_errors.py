"""The page of a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, connection
from django.test import Client

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

BANNER = "This is a <strong>trial</strong> installation"


@pytest.mark.django_db
@pytest.mark.parametrize("is_trial", [True, False])
def test_a_fault_is_told_with_no_database_and_says_trial_in_a_trial(
    settings: Settings, *, is_trial: bool
) -> None:
    def broken(*_: object) -> None:
        raise DatabaseError

    settings.IS_TRIAL = is_trial
    client = Client(raise_request_exception=False)
    with connection.execute_wrapper(broken):
        client.cookies["sessionid"] = "a" * 32
        response = client.get("/")
    page = response.content.decode()
    assert response.status_code == 500
    assert "Something went wrong here" in page
    assert (BANNER in page) is is_trial
