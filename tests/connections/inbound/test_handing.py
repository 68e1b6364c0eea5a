"""Handing deliveries to whoever listens: each once, whatever happens meanwhile."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connections as databases

from connections import tasks
from connections.inbound import again, counting, deliveries, handing, pace, testing
from connections.inbound.again import NotKept
from connections.inbound.testing import NoSecret
from connections.models import Connection, Delivery
from spojit.lib import clock
from tests.connections import webhooks
from tests.connections.webhooks import deliver, fresh
from workspaces import isolation
from workspaces.models import AuditEvent

if TYPE_CHECKING:
    from tests.factories import Cast


@pytest.fixture
def webhook(cast: Cast) -> Connection:
    """A webhook connection."""
    return webhooks.make_webhook(cast.workspace)


def hand_over_all() -> int:
    total = 0
    while found := handing.hand_over(now=clock.now()):
        total += found
    return total


@pytest.mark.django_db
def test_each_accepted_delivery_is_handed_over_once(webhook: Connection, heard: list[str]) -> None:
    for n in range(5):
        deliver(webhook, delivery_id=str(n))
    deliver(webhook, delivery_id="0")
    deliver(webhook, headers={})

    assert hand_over_all() == 6  # the duplicate is counted, and goes to nobody
    assert hand_over_all() == 0

    rows = webhooks.deliveries(webhook)
    assert heard == [str(row.pk) for row in rows if row.verdict == "accepted"]
    assert len(heard) == 5
    assert webhooks.counted(webhook) == (5, 1, 1)


@pytest.mark.django_db
def test_a_challenge_is_no_delivery(cast: Cast, heard: list[str]) -> None:
    connection = webhooks.make_webhook(cast.workspace, "slack")
    deliver(connection, b'{"type": "url_verification", "challenge": "a"}', kind="slack")

    hand_over_all()

    assert heard == []


@pytest.mark.django_db
def test_what_a_listener_fails_on_comes_up_again_alone(
    webhook: Connection, heard: list[str]
) -> None:
    deliver(webhook, delivery_id="bad")
    bad = str(webhooks.deliveries(webhook)[0].pk)
    deliver(webhook, delivery_id="good")
    is_broken = [True]

    def stumble(delivery: Delivery) -> None:
        if str(delivery.pk) == bad and is_broken[0]:
            raise LookupError(bad)

    handing._listeners.append(stumble)
    with pytest.raises(LookupError, match=bad):
        hand_over_all()
    heard.clear()  # what was written in the transaction is gone
    assert hand_over_all() == 0  # both wait
    later = clock.now() + handing.AGAIN_AFTER + timedelta(seconds=1)

    failed = 0
    for _ in range(2):  # whichever comes first
        try:
            assert handing.hand_over(now=later) == 1
        except LookupError:
            failed += 1
    assert failed == 1
    assert [row.is_handed_over for row in webhooks.deliveries(webhook)] == [False, True]

    is_broken[0] = False
    heard.clear()
    assert handing.hand_over(now=later + handing.AGAIN_AFTER * 4) == 1
    assert heard == [bad]


@pytest.mark.django_db(transaction=True)
def test_workers_that_look_at_once_hand_over_each_delivery_once(
    webhook: Connection, heard: list[str]
) -> None:
    for n in range(30):
        deliver(webhook, delivery_id=str(n))

    def work() -> None:
        hand_over_all()
        databases.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(heard) == sorted(str(row.pk) for row in webhooks.deliveries(webhook))
    assert webhooks.counted(webhook) == (30, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_the_same_delivery_sent_at_once_is_accepted_once(webhook: Connection) -> None:
    body = b'{"order": 7}'
    headers = webhooks.signed("spojit", body)
    answers: list[bytes] = []

    def send() -> None:
        answers.append(bytes(deliver(webhook, body, headers=headers).content))
        databases.close_all()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    verdicts = sorted(row.verdict for row in webhooks.deliveries(webhook))
    assert verdicts == ["accepted"] + ["duplicate"] * 7
    assert len(answers) == 8
    assert len(set(answers)) == 1


@pytest.mark.django_db
def test_a_slow_worker_whose_claim_ended_hands_nothing_over_twice(
    webhook: Connection, heard: list[str]
) -> None:
    deliver(webhook)
    [claimed] = handing._claim(handing._FRESH, now=clock.now(), most=10).values()

    handing.hand_over(now=clock.now() + handing.AGAIN_AFTER * 2)
    handing._settle(webhook.workspace_id, claimed)

    assert len(heard) == 1
    assert webhooks.counted(webhook) == (1, 0, 0)


@pytest.mark.django_db
def test_workers_are_woken_once_until_one_of_them_looks(
    webhook: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[int] = []
    monkeypatch.setattr(
        "connections.tasks.hand_over_deliveries.apply_async", lambda **_: woken.append(1)
    )
    for n in range(3):
        deliver(webhook, delivery_id=str(n))
    assert len(woken) == 1

    pace.looked()
    deliver(webhook, delivery_id="4")

    assert len(woken) == 2


@pytest.mark.django_db
def test_the_task_hands_over_all_there_is(webhook: Connection, heard: list[str]) -> None:
    for n in range(3):
        deliver(webhook, delivery_id=str(n))

    tasks.hand_over_deliveries()

    assert len(heard) == 3
    assert not handing.is_any_due(now=clock.now())


@pytest.mark.django_db
def test_a_sweep_finds_what_was_not_announced(webhook: Connection) -> None:
    assert not handing.is_any_due(now=clock.now())

    deliver(webhook)

    assert handing.is_any_due(now=clock.now())


@pytest.mark.django_db
def test_a_delivery_is_delivered_again(cast: Cast, webhook: Connection, heard: list[str]) -> None:
    deliver(webhook)
    hand_over_all()
    [first] = webhooks.deliveries(webhook)

    row = again.deliver_again(first, actor=cast.bob)
    hand_over_all()

    assert heard == [str(first.pk), str(row.pk)]
    assert (row.origin, row.original_id, row.actor_name) == ("again", first.pk, str(cast.bob))
    with isolation.workspace(webhook.workspace):
        opened = deliveries.opened(deliveries.find(webhook, row.pk))
        [event] = AuditEvent.objects.filter(act="connection.delivered_again")
    assert opened is not None
    assert opened.body == b'{"order": 7}'
    assert event.actor_id == cast.bob.pk


@pytest.mark.django_db
def test_a_duplicate_is_run_again_with_what_the_first_carried(
    cast: Cast, webhook: Connection
) -> None:
    deliver(webhook)
    deliver(webhook)
    first, second = webhooks.deliveries(webhook)

    row = again.deliver_again(second, actor=cast.bob)

    assert row.original_id == first.pk
    assert row.sealed is not None


@pytest.mark.django_db
def test_what_is_not_kept_is_not_delivered_again(cast: Cast, webhook: Connection) -> None:
    deliver(webhook, headers={})
    deliver(webhook)
    refused, accepted = webhooks.deliveries(webhook)
    with pytest.raises(NotKept):
        again.deliver_again(refused, actor=cast.bob)
    with isolation.workspace(webhook.workspace):
        Delivery.objects.update(sealed=None)
        accepted.refresh_from_db()
    with pytest.raises(NotKept):
        again.deliver_again(accepted, actor=cast.bob)
    assert len(webhooks.deliveries(webhook)) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("kind", webhooks.KINDS)
def test_a_test_delivery_goes_the_whole_way(cast: Cast, kind: str, heard: list[str]) -> None:
    connection = webhooks.make_webhook(cast.workspace, kind)

    row = testing.send(connection, actor=cast.alice)
    hand_over_all()

    assert (row.verdict, row.origin, row.actor_id) == ("accepted", "test", cast.alice.pk)
    assert heard == [str(row.pk)]
    assert fresh(connection).status == "pending"  # it proves nothing of the service


@pytest.mark.django_db
def test_nothing_is_tested_without_a_secret(cast: Cast) -> None:
    connection = webhooks.make_webhook(cast.workspace, "stripe", signing_secret="")

    with pytest.raises(NoSecret):
        testing.send(connection, actor=cast.alice)

    assert webhooks.deliveries(connection) == []


@pytest.mark.django_db
def test_days_are_told_from_the_oldest_to_today(webhook: Connection) -> None:
    deliver(webhook)
    deliver(webhook)
    deliver(webhook, headers={})
    hand_over_all()

    with isolation.workspace(webhook.workspace):
        days = counting.per_day(webhook, now=clock.now())

    assert len(days) == 30
    assert (days[-1].accepted, days[-1].duplicates, days[-1].refused) == (1, 1, 1)
    assert days[-1].on == clock.now().date()
    assert {(day.accepted, day.duplicates, day.refused) for day in days[:-1]} == {(0, 0, 0)}
