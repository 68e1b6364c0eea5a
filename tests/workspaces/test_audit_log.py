"""Reading the audit log."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest

from spojit.lib import redaction
from spojit.lib.cursors import Cursor
from tests.factories import Cast, make_cast, scope
from workspaces import audit, audit_log
from workspaces.audit_log import Narrowed
from workspaces.models import AuditEvent, User, Workspace

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def record(
    cast: Cast, count: int, *, by: User | None = None, act: str = "connection.verified"
) -> None:
    with scope(cast.workspace):
        events = AuditEvent.objects.bulk_create(
            AuditEvent(
                workspace_id=cast.workspace.pk,
                workspace_name="Northwind",
                at=NOON - timedelta(minutes=number // 2),
                actor_id=(by or cast.bob).pk,
                actor_name=str(by or cast.bob),
                act=act,
                subject_kind="connection",
                subject_name=f"Number {number}",
            )
            for number in range(count)
        )
    assert len(events) == count


@pytest.mark.django_db
def test_pages_follow_each_other_without_gap_or_repetition() -> None:
    cast = make_cast()
    record(cast, 120)
    seen: list[str] = []
    before: Cursor | None = None
    for size in (50, 50, 20):
        page = audit_log.page(cast.workspace, Narrowed(), before=before)
        assert len(page.rows) == size
        seen += [row.subject_name for row in page.rows]
        before = page.older and Cursor.read(str(page.older))
    assert before is None
    assert sorted(seen) == sorted(f"Number {number}" for number in range(120))


@pytest.mark.django_db
def test_the_log_is_narrowed_by_person_act_and_day() -> None:
    cast = make_cast()
    record(cast, 1)
    record(cast, 1, by=cast.adam)
    record(cast, 1, act="connection.removed")
    workspace = cast.workspace

    def count(**narrowed: object) -> int:
        return len(audit_log.page(workspace, Narrowed(**narrowed)).rows)  # type: ignore[arg-type]

    assert count() == 3
    assert count(actor=cast.adam.pk) == 1
    assert count(act="connection.removed") == 1
    assert count(actor=cast.adam.pk, act="connection.removed") == 0
    assert count(from_on=date(2026, 11, 20), to_on=date(2026, 11, 20)) == 3
    assert count(from_on=date(2026, 11, 21)) == 0
    assert count(to_on=date(2026, 11, 19)) == 0


@pytest.mark.django_db
def test_days_are_those_of_the_workspaces_time_zone() -> None:
    cast = make_cast()
    record(cast, 1)
    cast.workspace.time_zone = "Pacific/Kiritimati"  # UTC+14: noon is the next day there
    the_21st = Narrowed(from_on=date(2026, 11, 21), to_on=date(2026, 11, 21))
    assert len(audit_log.page(cast.workspace, the_21st).rows) == 1


@pytest.mark.django_db
def test_the_choices_are_who_and_what_is_in_the_log() -> None:
    cast = make_cast()
    record(cast, 2)
    record(cast, 1, by=cast.adam, act="connection.removed")
    assert audit_log.actors(cast.workspace) == [(cast.adam.pk, "Adam"), (cast.bob.pk, "Bob")]
    assert audit_log.acts(cast.workspace) == ["connection.removed", "connection.verified"]
    assert audit_log.actors(cast.next_door) == []


@pytest.mark.django_db
def test_the_export_holds_every_row_and_only_of_this_workspace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audit_log, "EXPORT_PAGE", 7)
    cast = make_cast()
    record(cast, 20)
    lines = list(csv.DictReader(StringIO("".join(audit_log.export(cast.workspace, Narrowed())))))
    assert len(lines) == 20
    assert lines[0]["at"] == "2026-11-20T12:00:00+00:00"
    assert lines[0]["actor"] == "Bob"
    assert list(audit_log.export(cast.next_door, Narrowed())) == [
        "at,actor,act,subject_kind,subject,details,address,subject_id\r\n"
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_the_export_is_a_formula(start: str) -> None:
    cast = make_cast()
    evil = Workspace(id=cast.workspace.pk, name=f'{start}HYPERLINK("http://x")')
    with scope(cast.workspace):
        audit.record(cast.workspace, actor=cast.bob, act="a.b", subject=evil)
    [line] = csv.DictReader(StringIO("".join(audit_log.export(cast.workspace, Narrowed()))))
    assert line["subject"] == f'\'{start}HYPERLINK("http://x")'


@pytest.mark.django_db
def test_a_secret_in_details_is_masked() -> None:
    cast = make_cast()
    with redaction.scope():
        redaction.register(["hunter2-hunter2"])
        with scope(cast.workspace):
            audit.record(
                cast.workspace,
                actor=cast.bob,
                act="a.b",
                subject=cast.workspace,
                details={"note": "hunter2-hunter2"},
            )
        assert "hunter2" not in "".join(audit_log.export(cast.workspace, Narrowed()))
        assert audit_log.details({"note": "hunter2-hunter2"}) == "note: ••••"


@pytest.mark.parametrize(
    "text",
    ["", "x", "~", "2026-11-20T12:00:00~x", "2026-11-20~01936b00-0000-7000-8000-000000000000"],
)
def test_a_cursor_that_is_none_is_ignored(text: str) -> None:
    assert Cursor.read(text) is None


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("connection.created", "Created a connection"),
        ("invitation.sent", "Sent an invitation"),
        ("connection.made_private", "Made a connection private"),
        ("member.role_changed", "Changed the role of a member"),
    ],
)
def test_an_act_is_said_in_words(act: str, words: str) -> None:
    assert audit_log.words(act) == words


def test_details_are_said_in_one_line() -> None:
    values = {"from": {"name": "A"}, "private": True, "version": 2}
    assert audit_log.details(values) == "from: name A; private: true; version: 2"
