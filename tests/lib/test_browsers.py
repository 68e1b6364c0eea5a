"""Which browser a user agent names."""

from __future__ import annotations

import pytest

from spojit.lib import browsers

MOZILLA = "Mozilla/5.0"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (f"{MOZILLA} (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
         "Firefox on Linux"),
        (f"{MOZILLA} (Windows NT 10.0; Win64) {WEBKIT} Chrome/142.0.0.0 Safari/537.36",
         "Chrome on Windows"),
        (f"{MOZILLA} (Windows NT 10.0) {WEBKIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
         "Edge on Windows"),
        (f"{MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15",
         "Safari on a Mac"),
        (f"{MOZILLA} (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
         "Safari on an iPhone"),
        (f"{MOZILLA} (iPhone; CPU iPhone OS 18_0) CriOS/142.0 Safari/604.1",
         "Chrome on an iPhone"),
        (f"{MOZILLA} (Linux; Android 10; K) {WEBKIT} Chrome/142.0.0.0 Mobile Safari/537.36",
         "Chrome on Android"),
        ("python-requests/2.32", "A Python program"),
        ("curl/8.5.0", "curl"),
        ("Windows", "An unknown browser on Windows"),
        ("", "An unknown browser"),
    ],
)  # fmt: skip
def test_a_browser_is_named_in_words(user_agent: str, words: str) -> None:
    assert browsers.in_words(user_agent) == words
