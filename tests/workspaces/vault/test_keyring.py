"""Data keys are made once, kept for a minute, and open only what is their owner's."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from workspaces import isolation
from workspaces.models import DataKey
from workspaces.models.data_key import PLATFORM
from workspaces.vault import keyring, roots
from workspaces.vault.cache import ExpiringCache
from workspaces.vault.keyring import CannotOpen, RootKeysRefused
from workspaces.vault.roots import RootUnavailable, local

if TYPE_CHECKING:
    from collections.abc import Callable

PLACE: dict[str, Any] = {"table": "t", "row": "1", "purpose": "live", "version": 1}
committed = pytest.mark.django_db(transaction=True)
rolled_back = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forget() -> None:
    """Begin each test with no unwrapped key in this process."""
    keyring.forget()


def seal(workspace_id: UUID | None, plaintext: bytes = b"plain") -> bytes:
    return keyring.seal(plaintext, workspace_id=workspace_id, **PLACE)


def open_(sealed: bytes, workspace_id: UUID | None) -> bytes:
    return keyring.open_(sealed, workspace_id=workspace_id, **PLACE)


def keys_of(owner_id: UUID) -> list[DataKey]:
    with isolation.workspace(owner_id):
        return list(DataKey.objects.filter(workspace_id=owner_id).order_by("version"))


@rolled_back
@pytest.mark.parametrize("owner_id", [None, uuid4()])
def test_what_was_sealed_opens_for_its_owner(owner_id: UUID | None) -> None:
    sealed = seal(owner_id)
    keyring.forget()
    assert open_(sealed, owner_id) == b"plain"
    (key,) = keys_of(owner_id or PLATFORM)
    assert (key.version, key.is_current, key.root_key_id) == (1, True, "tests")


@committed
def test_it_opens_for_nobody_else_even_when_keys_are_cached() -> None:
    alice, mallory = uuid4(), uuid4()
    sealed = seal(alice)
    seal(mallory)
    for other in (mallory, None, uuid4()):
        with pytest.raises(CannotOpen):
            open_(sealed, other)
    for change in ({"row": "2"}, {"table": "u"}, {"purpose": "test"}, {"version": 2}):
        with pytest.raises(CannotOpen):
            keyring.open_(sealed, workspace_id=alice, **{**PLACE, **change})


@committed
def test_a_warm_cache_asks_the_database_nothing(
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    workspace_id = uuid4()
    sealed = seal(workspace_id)
    with django_assert_num_queries(0):
        assert open_(sealed, workspace_id) == b"plain"
        seal(workspace_id)


@committed
def test_a_key_made_in_a_transaction_that_rolls_back_is_not_used_again() -> None:
    workspace_id = uuid4()

    def seals_and_fails() -> None:
        with isolation.workspace(workspace_id):
            sealed = seal(workspace_id)
            assert open_(sealed, workspace_id) == b"plain"
            raise OSError

    with pytest.raises(OSError):  # noqa: PT011
        seals_and_fails()
    sealed = seal(workspace_id)
    keyring.forget()
    assert open_(sealed, workspace_id) == b"plain"
    assert len(keys_of(workspace_id)) == 1


@committed
def test_a_key_made_in_a_savepoint_that_rolls_back_is_not_used_again() -> None:
    workspace_id = uuid4()
    with isolation.workspace(workspace_id):
        point = transaction.savepoint()
        seal(workspace_id)
        transaction.savepoint_rollback(point)
        sealed = seal(workspace_id)
    keyring.forget()
    assert open_(sealed, workspace_id) == b"plain"


@committed
def test_a_committed_key_is_kept_inside_a_writing_transaction(
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    alice, bob = uuid4(), uuid4()
    sealed = seal(alice)
    keyring.forget()
    with isolation.workspace(bob):
        seal(bob)
        open_(sealed, alice)
        with django_assert_num_queries(0):
            open_(sealed, alice)


def _settings() -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        names = ("low", "high", "person")
        cursor.execute(
            "SELECT " + ", ".join(f"nullif(current_setting('spojit.{n}', true), '')" for n in names)
        )
        return tuple(cursor.fetchone())


@committed
def test_the_callers_scope_is_what_it_was() -> None:
    alice, bob = uuid4(), uuid4()
    with transaction.atomic():
        assert _settings() == (None, None, None)
        sealed = seal(alice)
        assert _settings() == (None, None, None)
        assert not isolation.is_open()
    with isolation.workspace(bob):
        keyring.forget()
        open_(sealed, alice)
        seal(None)
        with pytest.raises(CannotOpen):
            open_(sealed, bob)
        assert _settings() == (str(bob), str(bob), None)
        assert not DataKey.objects.filter(workspace_id=alice).exists()
    with isolation.person(bob):
        keyring.forget()
        open_(sealed, alice)
        assert _settings() == (None, None, str(bob))
    assert _settings() == (None, None, None)


@committed
def test_many_threads_make_one_key() -> None:
    workspace_id, sealed = uuid4(), []
    start = threading.Barrier(6)

    def run() -> None:
        start.wait()
        sealed.append(seal(workspace_id))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys_of(workspace_id)) == 1
    assert [open_(one, workspace_id) for one in sealed] == [b"plain"] * 6


@committed
def test_destroyed_keys_open_nothing_again() -> None:
    alice, bob = uuid4(), uuid4()
    sealed, others = seal(alice), seal(bob)
    assert keyring.destroy(alice) == 1
    with pytest.raises(CannotOpen):
        open_(sealed, alice)
    assert open_(others, bob) == b"plain"
    assert open_(seal(alice), alice) == b"plain"
    with pytest.raises(CannotOpen):
        open_(sealed, alice)


@committed
def test_a_wrapped_key_that_was_copied_to_another_owner_does_not_open() -> None:
    alice, mallory = uuid4(), uuid4()
    sealed = seal(alice)
    (row,) = keys_of(alice)
    keyring.forget()
    with isolation.everything(reason="a thief with write access"):
        DataKey.objects.filter(pk=row.pk).update(workspace_id=mallory)
    with pytest.raises(CannotOpen):
        open_(sealed, mallory)
    with isolation.everything(reason="tidy"):
        DataKey.objects.filter(pk=row.pk).delete()


@rolled_back
def test_a_missing_or_wrong_root_key_keeps_it_closed_for_reading(settings: Any) -> None:
    workspace_id = uuid4()
    sealed = seal(workspace_id)
    for root_keys in (roots.generate_local_root("other"), roots.generate_local_root("tests")):
        keyring.forget()
        settings.ROOT_KEYS = root_keys
        with pytest.raises(CannotOpen):
            open_(sealed, workspace_id)


@rolled_back
def test_a_root_that_is_away_is_not_a_broken_row(monkeypatch: pytest.MonkeyPatch) -> None:
    workspace_id = uuid4()
    sealed = seal(workspace_id)

    def away(*_: Any, **__: Any) -> bytes:
        raise RootUnavailable

    monkeypatch.setattr(local.LocalRoot, "unwrap", away)
    with pytest.raises(RootUnavailable):
        open_(sealed, workspace_id)


@rolled_back
def test_the_canary_makes_the_platforms_key_and_passes() -> None:
    with isolation.everything(reason="begin with none"):
        DataKey.objects.all().delete()
    keyring.check_canary()
    keyring.check_canary()
    assert len(keys_of(PLATFORM)) == 1


@rolled_back
def test_the_canary_refuses_a_wrong_root_key_in_one_line(settings: Any) -> None:
    keyring.check_canary()
    settings.ROOT_KEYS = roots.generate_local_root("tests")
    with pytest.raises(RootKeysRefused) as caught:
        keyring.check_canary()
    assert caught.value.message == "The root key 'tests' is not the one that sealed this database."
    assert caught.value.hint.startswith("Put the former root key back")


@rolled_back
def test_the_canary_names_root_keys_that_are_missing(settings: Any) -> None:
    with isolation.everything(reason="begin with none"):
        DataKey.objects.all().delete()
    keyring.check_canary()
    seal(uuid4())
    settings.ROOT_KEYS = roots.generate_local_root("new")
    with pytest.raises(RootKeysRefused) as caught:
        keyring.check_canary()
    assert caught.value.message == (
        "Data keys are wrapped by root keys that are not configured here: 'tests' (2)."
    )
    assert caught.value.hint == "Add them to ROOT_KEYS or ROOT_KMS_KEYS, behind the first one."


def test_the_cache_expires_and_is_bounded() -> None:
    now = [0.0]
    cache: ExpiringCache[int] = ExpiringCache(seconds=60, most=3, clock=lambda: now[0])
    cache.put("a", 1)
    now[0] = 59.9
    assert cache.get("a") == 1
    cache.put("b", 2)
    now[0] = 60
    assert cache.get("a") is None
    assert len(cache) == 1
    for number, key in enumerate("cde"):
        cache.put(key, number)
    assert cache.get("b") is None
    assert [cache.get(key) for key in "cde"] == [0, 1, 2]
    cache.drop(lambda key: key == "d")
    assert [cache.get(key) for key in "cde"] == [0, None, 2]


def test_using_a_value_does_not_lengthen_its_life() -> None:
    now = [0.0]
    cache: ExpiringCache[int] = ExpiringCache(seconds=60, most=3, clock=lambda: now[0])
    cache.put("a", 1)
    for second in range(0, 60, 10):
        now[0] = second
        assert cache.get("a") == 1
    now[0] = 60
    assert cache.get("a") is None
