"""How a URL is read: strictly, and in one way only."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from spojit.lib.outbound.errors import AddressRefused, InvalidRequest, MalformedAddress
from spojit.lib.outbound.targets import Target, read, read_host


def test_a_url_is_read_in_parts() -> None:
    target = read("HTTPS://API.Example.com:8443/a b/é?x=1&y=ü#part", [("z", "&=/ ")])
    assert target == Target(
        "https", "api.example.com", 8443, "/a%20b/%C3%A9", "x=1&y=%C3%BC&z=%26%3D%2F%20"
    )
    assert target.authority == "api.example.com:8443"
    assert target.place == "https://api.example.com:8443/a%20b/%C3%A9"
    assert target.url == f"{target.place}?{target.query}"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com", "https://example.com/"),
        ("https://example.com.:443/x", "https://example.com/x"),
        ("http://example.com:80?a", "http://example.com/?a"),
        ("https://[2606:4700:0::1]:444/", "https://[2606:4700::1]:444/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://my_host.example/%2e%2E/%zz", "https://my_host.example/%2e%2E/%zz"),
    ],
)
def test_a_url_has_one_form(url: str, shown: str) -> None:
    assert read(url).url == shown


@pytest.mark.parametrize(
    "url",
    [
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://@example.com/",
        "https://example.com@127.0.0.1/",
        "https://example.com:443@127.0.0.1/",
        "https://0177.0.0.1/",
        "https://0x7f.0.0.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://017700000001/",
        "https://127.1/",
        "https://127.0.1/",
        "https://10.0.0.01/",
        "https://256.256.256.256/",
        "https://1.2.3.4.5/",
        "https://example.0x/",
        "https://\uff11\uff12\uff17.1/",
        "https://[fe80::1%25eth0]/",
        "https://[fe80::1%eth0]/",
        "https://127.0.0.1%2f.example.com/",
    ],
)
def test_a_host_in_disguise_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        read(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "//example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https:example.com",
        "https:/example.com",
        "https://",
        "https:///path",
        "https://:443/",
        "https://example.com:port/",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:-1/",
        "https://example.com:123456/",
        "https://exa mple.com/",
        "https://example.com\\@evil.example/",
        "https://example.com/a\r\nHost: evil.example",
        "https://example.com/\x00",
        " https://example.com/",
        "https://exam\tple.com/",
        "https://example..com/",
        "https://.example.com/",
        "https://-example.com/",
        "https://example.com../",
        "https://[::1/",
        "https://::1/",
        "https://[]/",
        "https://[1.2.3.4]/",
        "https://[v1.x]/",
        "https://*.example.com/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 127 + "example/",
        "https://\u2603\u200d.example\ud800/",
    ],
)
def test_what_is_no_proper_url_is_refused(url: str) -> None:
    with pytest.raises(MalformedAddress) as refusal:
        read(url)
    assert isinstance(refusal.value, InvalidRequest)
    assert refusal.value.outcome == "address_refused"


@pytest.mark.parametrize("text", ["１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1"])  # noqa: RUF001
def test_digits_of_other_scripts_are_read_as_digits(text: str) -> None:
    assert read(f"https://{text}/").host == "127.0.0.1"


def test_a_refusal_names_no_query() -> None:
    with pytest.raises(AddressRefused) as refusal:
        read("https://user:hunter2@example.com/?api_key=s3cret")
    assert "hunter2" not in refusal.value.message
    assert "s3cret" not in refusal.value.message


@given(st.text())
def test_any_text_is_read_or_refused_by_name(text: str) -> None:
    try:
        host = read_host(text)
    except (AddressRefused, InvalidRequest):
        return
    assert read_host(host) == host


@given(st.text(), st.text(min_size=1))
def test_any_query_pair_stays_one_pair(name: str, value: str) -> None:
    try:
        query = read("https://example.com/", [(name, value)]).query
    except InvalidRequest:
        return
    assert query == f"{quote(name, safe='')}={quote(value, safe='')}"
