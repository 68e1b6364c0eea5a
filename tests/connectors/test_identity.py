"""Whether what a verification found is the account that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors import checks, execution
from connectors.identity import Verified
from connectors.manifest import Identity
from connectors.outcomes import Outcome
from tests.connectors.oauth import service

if TYPE_CHECKING:
    from tests.connectors.recording import Recorder


def found(account_id: str, place: str = "") -> Verified:
    return Verified(Outcome("ok"), account_id=account_id, place=place)


@pytest.mark.parametrize(
    ("known", "account_id", "place"),
    [
        ("ada@old.example.com:5432/shop", "ada@new.example.com:6432/shop", "new.example.com:6432"),
        ("ada@[2001:db8::1]:5432/shop", "ada@10.0.0.7:5432/shop", "10.0.0.7:5432"),
        ("ada@%|old:3306/", "ada@%|new:3306/", "new:3306"),
        ("old.example.com", "new.example.com", "new.example.com"),
        ("ada@new:5432/new:5432", "ada@new:5432/new:5432", "new:5432"),
    ],
)
def test_an_account_that_moved_is_the_same(known: str, account_id: str, place: str) -> None:
    assert found(account_id, place).is_account(known)


@pytest.mark.parametrize(
    ("known", "account_id", "place"),
    [
        ("ada@db:5432/shop", "eve@db:5432/shop", "db:5432"),
        ("ada@db:5432/shop", "ada@db:5432/other", "db:5432"),
        ("ada@old:5432/shop", "eve@new:5432/shop", "new:5432"),
        ("ada@old:5432/shop", "ada@new:5432/x/shop", "new:5432"),
        ("ada@eve@old:5432/shop", "ada@new:5432/shop", "new:5432"),
        ("ada@/shop", "ada@new:5432/shop", "new:5432"),
        ("1", "2", ""),
        ("ada@example.com", "ada@example.org", ""),
        ("ada@old", "ada@new", "elsewhere"),
    ],
)
def test_another_user_or_database_is_another_account(
    known: str, account_id: str, place: str
) -> None:
    assert not found(account_id, place).is_account(known)


def test_an_account_may_be_named_by_a_header_alone(recorder: Recorder) -> None:
    connector = service.connector(recorder.port)
    scheme = connector.schemes[0]
    assert scheme.verification is not None
    changed = scheme.verification.model_copy(update={"identity": Identity(header="x-account")})
    scheme = scheme.model_copy(update={"verification": changed})
    recorder.reply({"data": []}, X_Account="org-7\t")
    recorder.reply({"data": []})
    named, nameless = (
        execution.verify(connector, scheme, {"access_token": "a"}, policy=recorder.policy())
        for _ in range(2)
    )
    assert (named.outcome.name, named.account_id, named.account_name) == ("ok", "org-7", "org-7")
    assert (nameless.outcome.name, nameless.account_id) == ("bad_answer", "")
    wrong = connector.model_copy(update={"schemes": [scheme]})
    place = "schemes[oauth2].verification"
    assert checks.problems(wrong) == [
        (f"{place}.example_headers", "they lack x-account, which is the account")
    ]
