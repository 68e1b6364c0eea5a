"""Root keys change while the app runs: resumable, counted, and nothing stops opening."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from spojit.lib.ids import new_id
from workspaces import isolation
from workspaces.models import DataKey
from workspaces.vault import keyring, rotation
from workspaces.vault.roots import RootUnavailable, generate_local_root, local

if TYPE_CHECKING:
    from uuid import UUID

PLACE: dict[str, Any] = {"table": "t", "row": "1", "purpose": "live", "version": 1}
OLD, NEW = generate_local_root("old"), generate_local_root("new")


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def begin(settings: Any, request: pytest.FixtureRequest) -> None:
    """Begin with the old root key and no data key, in the database and in this process."""
    request.getfixturevalue("_django_db_helper")
    settings.ROOT_KEYS = OLD
    keyring.forget()
    with isolation.everything(reason="begin with none"):
        DataKey.objects.all().delete()


def sealed_by(count: int) -> dict[UUID | None, bytes]:
    owners = [None, *(new_id() for _ in range(count - 1))]
    return {one: keyring.seal(b"plain", workspace_id=one, **PLACE) for one in owners}


def all_open(sealed: dict[UUID | None, bytes]) -> bool:
    keyring.forget()
    opened = {keyring.open_(value, workspace_id=one, **PLACE) for one, value in sealed.items()}
    return opened == {b"plain"}


def roots_in_use() -> set[str]:
    with isolation.everything(reason="look"):
        return set(DataKey.objects.values_list("root_key_id", flat=True))


def test_every_data_key_moves_to_the_primary_and_nothing_stops_opening(settings: Any) -> None:
    sealed = sealed_by(7)
    settings.ROOT_KEYS = f"{NEW},{OLD}"
    steps = [(p.done, +p.left) for p in map(_copied, rotation.rotate_root(batch_size=3))]
    assert steps == [(3, {"old": 4}), (6, {"old": 1}), (7, {}), (7, {})]
    assert roots_in_use() == {"new"}
    settings.ROOT_KEYS = NEW
    assert all_open(sealed)
    keyring.check_canary()


def _copied(progress: rotation.Progress) -> rotation.Progress:
    return rotation.Progress(progress.done, progress.unreadable, progress.left.copy())


def test_it_goes_on_where_it_was_stopped(settings: Any) -> None:
    sealed = sealed_by(5)
    settings.ROOT_KEYS = f"{NEW},{OLD}"
    next(iter(rotation.rotate_root(batch_size=2)))
    assert all_open(sealed)
    assert rotation.count_left() == {"old": 3}
    (*_, last) = rotation.rotate_root(batch_size=2)
    assert (last.done, last.left) == (3, {})
    assert all_open(sealed)


def test_a_key_that_does_not_unwrap_is_counted_and_left(settings: Any) -> None:
    sealed = sealed_by(4)
    broken = list(sealed)[2]
    with isolation.everything(reason="damage"):
        DataKey.objects.filter(workspace_id=broken).update(wrapped=b"l1" + b"x" * 60)
    settings.ROOT_KEYS = f"{NEW},{OLD}"
    (*_, last) = rotation.rotate_root(batch_size=2)
    assert (last.done, last.unreadable, last.left) == (3, 1, {"old": 1})
    del sealed[broken]
    assert all_open(sealed)


def test_a_forgotten_old_root_changes_nothing(settings: Any) -> None:
    sealed = sealed_by(3)
    settings.ROOT_KEYS = NEW
    (*_, last) = rotation.rotate_root()
    assert (last.done, last.unreadable, last.left) == (0, 3, {"old": 3})
    settings.ROOT_KEYS = OLD
    assert all_open(sealed)


def test_a_root_that_is_away_stops_it_and_keeps_what_is_done(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = sealed_by(4)
    settings.ROOT_KEYS = f"{NEW},{OLD}"
    steps = rotation.rotate_root(batch_size=2)
    next(steps)
    with monkeypatch.context() as patch:
        patch.setattr(local.LocalRoot, "wrap", _away)
        with pytest.raises(RootUnavailable):
            next(steps)
    assert rotation.count_left() == {"old": 2}
    assert all_open(sealed)


def _away(*_: Any, **__: Any) -> bytes:
    raise RootUnavailable


@pytest.mark.django_db(transaction=True)
def test_the_app_goes_on_while_several_rotate(settings: Any) -> None:
    sealed, failures = sealed_by(40), []
    settings.ROOT_KEYS = f"{NEW},{OLD}"

    def rotate() -> None:
        try:
            list(rotation.rotate_root(batch_size=4))
        except Exception as failure:  # noqa: BLE001 - told below
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=rotate) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert all_open(sealed)
        newcomer = new_id()
        sealed[newcomer] = keyring.seal(b"plain", workspace_id=newcomer, **PLACE)
    for thread in threads:
        thread.join()
    assert not failures
    assert roots_in_use() == {"new"}
    assert all_open(sealed)


def test_data_keys_move_to_kms_and_back(settings: Any, kms: Any) -> None:
    sealed = sealed_by(3)
    settings.ROOT_KMS_KEYS = f"cloud={kms.create_key()['KeyMetadata']['Arn']}"
    assert [p.done for p in rotation.rotate_root()] == [3, 3]
    assert roots_in_use() == {"cloud"}
    assert all_open(sealed)
    keyring.check_canary()
    settings.ROOT_PRIMARY = "old"
    assert [p.done for p in rotation.rotate_root()] == [3, 3]
    settings.ROOT_KMS_KEYS = settings.ROOT_PRIMARY = ""
    assert all_open(sealed)


def test_the_command_tells_and_counts(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    sealed_by(3)
    settings.ROOT_KEYS = f"{NEW},{OLD}"
    call_command("rotate_root_key", "--count")
    assert capsys.readouterr().out == "old: 3 data keys left\n"
    call_command("rotate_root_key", "--batch-size", "2")
    assert capsys.readouterr().out.splitlines() == [
        "2 done, 1 left",
        "3 done, 0 left",
        "3 done, 0 left",
        "Every data key is wrapped by the primary root key.",
    ]


def test_the_command_fails_when_something_is_left(settings: Any) -> None:
    sealed_by(2)
    settings.ROOT_KEYS = NEW
    with pytest.raises(CommandError, match="could not be wrapped again"):
        call_command("rotate_root_key")
    settings.ROOT_KEYS = "x"
    with pytest.raises(CommandError, match="ROOT_KEYS: entry 1 has no name"):
        call_command("rotate_root_key")
