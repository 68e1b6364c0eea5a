"""The second factor: seeds are sealed wherever they rest, codes work, the staff pages need it."""

from __future__ import annotations

import base64
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from tests.factories import PASSWORD, make_user
from workspaces.mfa import SealingAdapter, has_totp
from workspaces.models import Session
from workspaces.sessions import SessionStore
from workspaces.vault.envelope import CannotOpen

if TYPE_CHECKING:
    from workspaces.models import User

pytestmark = pytest.mark.django_db

ACTIVATE = "/accounts/2fa/totp/activate/"


@pytest.fixture(autouse=True)
def _slow_hands(settings: Any) -> None:
    """Take the code of a moment ago: its thirty seconds may end before it is sent."""
    settings.MFA_TOTP_TOLERANCE = 1


def signed_in_by_password(user: User) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert client.get(ACTIVATE)["Location"].startswith("/accounts/reauthenticate/")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def code_for(seed: str) -> str:
    return str(format_hotp_value(hotp_value(seed, int(time.time()) // 30)))


def set_up(client: Client) -> str:
    """Turn TOTP on, as a person does, and return the seed."""
    page = client.get(ACTIVATE).content.decode()
    found = re.search(r"\b[A-Z2-7]{32}\b", page)
    assert found
    assert client.post(ACTIVATE, {"code": code_for(found[0])}).status_code == 302
    return found[0]


def test_totp_is_asked_for_once_it_is_set_up() -> None:
    alice = make_user()
    seed = set_up(signed_in_by_password(alice))
    assert has_totp(alice)
    client = Client()
    response = client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert response["Location"] == "/accounts/2fa/authenticate/"
    assert "_auth_user_id" not in client.session
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "_auth_user_id" not in client.session
    client.post("/accounts/2fa/authenticate/", {"code": code_for(seed)})
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_a_recovery_code_works_once() -> None:
    alice = make_user()
    client = signed_in_by_password(alice)
    set_up(client)
    page = client.get("/accounts/2fa/recovery-codes/").content.decode()
    codes = re.findall(r"\b\d{8}\b", page)
    assert len(codes) == 10
    for is_first in (True, False):
        other = Client()
        other.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
        other.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        assert ("_auth_user_id" in other.session) is is_first


def test_no_seed_rests_in_the_clear() -> None:
    alice = make_user()
    client = signed_in_by_password(alice)
    seed = set_up(client)
    stored = list(Authenticator.objects.filter(user=alice).order_by("type"))
    assert [row.type for row in stored] == ["recovery_codes", "totp"]
    assert seed not in str([row.data for row in stored])
    assert SealingAdapter().decrypt(stored[1].data["secret"]) == seed
    assert len(base64.b64decode(stored[0].data["seed"])) > 40


def test_the_seed_is_sealed_in_the_session_while_it_is_set_up() -> None:
    client = signed_in_by_password(make_user())
    page = client.get(ACTIVATE).content.decode()
    found = re.search(r"\b[A-Z2-7]{32}\b", page)
    assert found
    assert found[0] not in str(dict(client.session))
    assert found[0] not in str(
        [SessionStore().decode(row.session_data) for row in Session.objects.all()]
    )
    client.post(ACTIVATE, {"code": code_for(found[0])})
    assert "mfa.totp.secret" not in client.session


def test_a_wrong_code_keeps_the_seed_that_was_scanned() -> None:
    client = signed_in_by_password(make_user())
    seed = re.search(r"\b[A-Z2-7]{32}\b", client.get(ACTIVATE).content.decode())
    assert seed
    assert seed[0] in client.post(ACTIVATE, {"code": "000000"}).content.decode()
    assert client.post(ACTIVATE, {"code": code_for(seed[0])}).status_code == 302


def test_a_seed_that_was_altered_or_is_in_the_clear_does_not_open() -> None:
    alice = make_user()
    set_up(signed_in_by_password(alice))
    row = Authenticator.objects.get(user=alice, type="totp")
    sealed = bytearray(base64.b64decode(row.data["secret"]))
    sealed[-1] ^= 1
    for text in (base64.b64encode(sealed).decode(), "JBSWY3DPEHPK3PXP"):
        overwrite(row, "secret", text)
        with pytest.raises(CannotOpen):
            SealingAdapter().decrypt(Authenticator.objects.get(pk=row.pk).data["secret"])


@pytest.mark.parametrize(("kind", "key"), [("totp", "secret"), ("recovery_codes", "seed")])
def test_a_seed_copied_to_another_person_does_not_open(kind: str, key: str) -> None:
    alice, mallory = make_user(), make_user("Mallory")
    set_up(signed_in_by_password(alice))
    set_up(signed_in_by_password(mallory))
    hers = Authenticator.objects.get(user=mallory, type=kind)
    his = Authenticator.objects.get(user=alice, type=kind)
    overwrite(his, key, str(hers.data[key]))
    with pytest.raises(CannotOpen):
        SealingAdapter().decrypt(Authenticator.objects.get(pk=his.pk).data[key])


def test_a_row_moved_to_another_person_does_not_open() -> None:
    alice, mallory = make_user(), make_user("Mallory")
    set_up(signed_in_by_password(mallory))
    Authenticator.objects.filter(user=mallory, type="totp").update(user=alice)
    moved = Authenticator.objects.get(user=alice)
    with pytest.raises(CannotOpen):
        moved.wrap().validate_code("000000")


def test_a_text_that_no_row_holds_opens_nowhere() -> None:
    adapter = SealingAdapter()
    with pytest.raises(CannotOpen):
        adapter.decrypt(adapter.encrypt("JBSWY3DPEHPK3PXP"))


def test_a_text_that_was_never_bound_does_not_open_from_a_row() -> None:
    alice = make_user()
    set_up(signed_in_by_password(alice))
    row = Authenticator.objects.get(user=alice, type="totp")
    overwrite(row, "secret", SealingAdapter().encrypt("JBSWY3DPEHPK3PXP"))
    with pytest.raises(CannotOpen):
        SealingAdapter().decrypt(Authenticator.objects.get(pk=row.pk).data["secret"])


def test_a_seed_that_is_being_set_up_does_not_open_in_the_session_of_another() -> None:
    alice, mallory = signed_in_by_password(make_user()), signed_in_by_password(make_user("Mallory"))
    mallory.get(ACTIVATE)
    session = alice.session
    session["mfa.totp.secret"] = mallory.session["mfa.totp.secret"]
    session.save()
    with pytest.raises(CannotOpen):
        alice.post(ACTIVATE, {"code": "000000"})


def overwrite(row: Authenticator, key: str, text: str) -> None:
    """Write as somebody with the database in hand does, past every signal."""
    Authenticator.objects.filter(pk=row.pk).update(data=dict(row.data) | {key: text})


def test_the_qr_code_is_an_svg_that_our_policy_lets_be_drawn() -> None:
    svg = SealingAdapter().build_totp_svg("otpauth://totp/a?secret=<script>")
    assert svg.startswith("<svg")
    assert "style=" not in svg
    assert "<script" not in svg


def test_turning_it_off_asks_for_the_password_again() -> None:
    alice = make_user()
    client = signed_in_by_password(alice)
    set_up(client)
    session = client.session
    session["account_authentication_methods"] = [
        method | {"at": method["at"] - 3600} for method in session["account_authentication_methods"]
    ]
    session.save()
    response = client.post("/accounts/2fa/totp/deactivate/")
    assert "reauthenticate" in response["Location"]
    assert has_totp(alice)
