"""What a person types is cleaned, and what is wrong is said without repeating it."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings, strategies as st

from connectors import fields, registry
from spojit.lib.outbound import policy

TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
DATABASE = {"host": "db.example.com", "database": "shop", "username": "ada", "password": "s e"}


def clean(key: str, scheme: str, **values: str) -> fields.Cleaned:
    connector = registry.get(key)
    return fields.clean(connector, connector.scheme(scheme), values)


def errors(key: str, scheme: str, **values: str) -> dict[str, str]:
    with pytest.raises(fields.InvalidValues) as caught:
        clean(key, scheme, **values)
    return caught.value.errors


def test_whitespace_around_a_value_is_removed_and_said() -> None:
    cleaned = clean("github", "api_key", api_key=f"\ufeff {TOKEN}\r\n")
    assert cleaned.values == {"service_url": "github_com", "api_key": TOKEN}
    assert cleaned.notes == {"api_key": "Spaces or line breaks around it were removed."}


@pytest.mark.parametrize(
    ("inner", "name"),
    [
        ("\n", "a line break (U+000A)"),
        ("\t", "a tab (U+0009)"),
        ("\x00", "a null character (U+0000)"),
        ("\u200b", "an invisible space (U+200B)"),
        ("\u2028", "a line separator (U+2028)"),
        ("\x1b", "a control or invisible character (U+001B)"),
    ],
)
def test_inner_control_characters_are_refused_by_name(inner: str, name: str) -> None:
    found = errors("github", "api_key", api_key=f"{TOKEN[:10]}{inner}{TOKEN[10:]}")
    assert found == {"api_key": f"Token holds {name} at position 11; paste it again in one piece."}


@pytest.mark.parametrize(
    ("key", "scheme", "value", "words"),
    [
        ("stripe", "api_key", "pk_live_0123456789abcdef", "publishable key"),
        ("stripe", "api_key", "whsec_0123456789abcdef", "signing secret of a webhook"),
        ("stripe", "api_key", "rk_live_0123456789abcdef", "Choose Restricted key"),
        ("stripe", "api_key_restricted", "sk_test_0123456789abcdef", "Choose Secret key"),
        ("github", "api_key", "ghr_0123456789abcdefghij", "refresh token"),
        ("http", "api_key", "Bearer abc", "Leave out the word Bearer"),
        ("resend", "api_key", "whsec_0123456789", "secret of a webhook"),
    ],
)
def test_an_obviously_wrong_kind_of_key_is_refused_with_the_reason(
    key: str, scheme: str, value: str, words: str
) -> None:
    more = {"base_url": "https://api.example.com"} if key == "http" else {}
    found = errors(key, scheme, api_key=value, **more)
    assert words in found["api_key"]
    assert value not in found["api_key"]


def test_a_key_with_a_curly_quote_is_refused() -> None:
    found = errors("http", "api_key", base_url="https://a.example.com", api_key="“abc”")
    assert found["api_key"].startswith("Token holds “left double quotation mark” at position 1")


def test_what_does_not_match_says_what_is_wanted() -> None:
    found = errors("stripe", "api_key", api_key="hello")
    assert found == {
        "api_key": "Secret key does not look right: a secret key begins with sk_live_ or sk_test_."
    }


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("GitHub.Example.COM", "github.example.com"),
        ("https://github.example.com/some/page?x=1", "github.example.com"),
        ("github.example.com.", "github.example.com"),
        ("bücher.example.com", "xn--bcher-kva.example.com"),
        ("github.example.com:8443", "github.example.com:8443"),
    ],
)
def test_hosts_are_normalised_and_shown_as_stored(typed: str, stored: str) -> None:
    cleaned = clean("github", "api_key", service_url="enterprise_server", host=typed, api_key=TOKEN)
    assert cleaned.values["host"] == stored
    assert cleaned.notes.get("host", "") == ("" if typed == stored else f"Stored as {stored}.")


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("api.example.com/v1/", "https://api.example.com/v1"),
        ("HTTPS://API.Example.com:443", "https://api.example.com"),
        ("https://api.example.com/v1?key=1#top", "https://api.example.com/v1"),
        ("http://localhost:8000/", "http://localhost:8000"),
    ],
)
def test_addresses_are_normalised(typed: str, stored: str) -> None:
    assert clean("http", "none", base_url=typed).values == {"base_url": stored}


@pytest.mark.parametrize("typed", ["https://ada:pass@example.com", "ada@example.com", "u:p@h"])
def test_credentials_in_an_address_are_refused(typed: str) -> None:
    for found in (
        errors("http", "none", base_url=typed)["base_url"],
        errors("postgresql", "database", **DATABASE | {"host": typed})["host"],
    ):
        assert (
            found == "Take the user name and password out of the address; they do not belong there."
        )


@pytest.mark.parametrize("typed", ["ftp://example.com", "https://", "exa mple.com", "0x7f.1"])
def test_what_is_no_address_is_refused(typed: str) -> None:
    assert "base_url" in errors("http", "none", base_url=typed)


@pytest.mark.parametrize("typed", ["evil.com/", "evil.com#", "a.b", "-a", "a@evil.com", "a:1"])
def test_a_field_never_moves_a_declared_host(typed: str) -> None:
    found = errors("github", "api_key", service_url="ghe_com", subdomain=typed, api_key=TOKEN)
    assert set(found) == {"subdomain"}


def test_fields_that_do_not_matter_are_dropped_and_those_that_do_are_needed() -> None:
    cleaned = clean("github", "api_key", host="github.example.com", api_key=TOKEN)
    assert "host" not in cleaned.values
    found = errors("github", "api_key", service_url="enterprise_server", api_key=TOKEN)
    assert found == {"host": "Host is needed."}


def test_a_choice_is_one_of_those_declared() -> None:
    found = errors("github", "api_key", service_url="moon", api_key=TOKEN)
    assert found["service_url"].startswith("Choose one of: GitHub.com, ")


def test_an_empty_secret_is_needed_unless_one_is_kept() -> None:
    assert errors("github", "api_key") == {"api_key": "Token is needed."}
    github = registry.get("github")
    cleaned = fields.clean(github, github.scheme("api_key"), {"api_key": ""}, kept={"api_key"})
    assert cleaned.values == {"service_url": "github_com"}


def test_a_field_that_is_not_there_is_refused() -> None:
    assert errors("github", "api_key", api_key=TOKEN, colour="red") == {
        "colour": "There is no such field."
    }


def test_defaults_are_filled_in() -> None:
    assert clean("postgresql", "database", **DATABASE).values == DATABASE | {
        "port": "5432",
        "tls": "verify",
    }


@pytest.mark.parametrize(
    ("port", "words"),
    [
        ("0", "from 1 to 65535"),
        ("70000", "from 1 to 65535"),
        ("22", "below 1024 are closed"),
        ("x", "whole number"),
    ],
)
def test_ports_of_other_services_are_closed(port: str, words: str) -> None:
    assert words in errors("postgresql", "database", port=port, **DATABASE)["port"]


def test_ports_that_the_operator_opened_are_open_in_forms() -> None:
    before = policy.Policy.default()
    policy.configure(allowed_ports=[22, 6379])
    try:
        smtp = clean("smtp", "basic", host="smtp.example.com", port="6379")
        assert smtp.values["port"] == "6379"
        assert clean("postgresql", "database", port="22", **DATABASE).values["port"] == "22"
        found = errors("postgresql", "database", port="23", **DATABASE)
        assert found == {"port": "Ports below 1024 are closed, except 22, 80, 443."}
    finally:
        policy._defaults[0] = before


def test_a_mail_server_has_the_ports_of_mail() -> None:
    found = errors("smtp", "basic", host="smtp.example.com", port="6379")
    assert found == {"port": "This port is closed here; SMTP uses 25, 465, 587, 2525."}


def test_a_port_in_a_database_host_is_sent_to_its_own_field() -> None:
    found = errors("postgresql", "database", **DATABASE | {"host": "db.example.com:5433"})
    assert found == {"host": "Put the port into its own field."}


@pytest.mark.parametrize(
    "text",
    ["postgresql://", "mysql://u:p@h/db", "postgresql://a,b/db", "postgresql://u:p@h:x/db"],
)
def test_a_connection_string_that_cannot_be_read_is_refused(text: str) -> None:
    assert set(errors("postgresql", "database_url", connection_string=text)) == {
        "connection_string"
    }


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_whatever_is_typed_is_cleaned_or_refused_and_never_repeated(typed: str) -> None:
    for key, scheme, name in (("github", "api_key", "api_key"), ("http", "none", "base_url")):
        connector = registry.get(key)
        stored, told = stored_or_told(key, scheme, name, typed)
        plain = typed.strip(string.whitespace)
        assert len(plain) < 6 or plain not in told
        assert stored.isprintable()
        if stored:
            again = fields.clean(connector, connector.scheme(scheme), {name: stored})
            assert (again.values[name], again.notes) == (stored, {})


def stored_or_told(key: str, scheme: str, name: str, typed: str) -> tuple[str, str]:
    try:
        return clean(key, scheme, **{name: typed}).values[name], ""
    except fields.InvalidValues as refused:
        return "", " ".join(refused.errors.values())
