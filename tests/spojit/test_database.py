"""The database that tests run in: the app's role, walled, emptied between transactional tests."""

from __future__ import annotations

import os

import pytest
from django.conf import settings
from django.db import connection

from workspaces.models import User


@pytest.mark.django_db
def test_tests_run_as_the_app_role_in_a_database_of_their_own() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        assert cursor.fetchone() == ("spojit_app", settings.DATABASES["default"]["NAME"])
    assert settings.DATABASES["default"]["NAME"].startswith(f"test_{os.getpid()}_")


@pytest.mark.django_db
def test_the_app_role_owns_no_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", [1, 2])
def test_a_transactional_test_starts_with_empty_tables(attempt: int) -> None:
    assert User.objects.count() == 0
    User.objects.create(email="alice@example.com")
