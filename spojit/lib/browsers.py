"""Says in words which browser a user agent names. Browsers claim to be others: the order counts."""

from __future__ import annotations

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python-requests/", "a Python program"),
)
_SYSTEMS = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "a Mac"),
    ("Linux", "Linux"),
)
"""Tokens of the User-Agent header and what they mean (MDN, "Browser detection using the user agent
string"); an iPad may call itself a Macintosh."""


def in_words(user_agent: str) -> str:
    """Return such as `Firefox on Linux`; what is not known is `An unknown browser`."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    name = browser or "an unknown browser"
    words = f"{name} on {system}" if system else name
    return words[0].upper() + words[1:] if not browser or browser[0] == "a" else words


def _first(pairs: tuple[tuple[str, str], ...], text: str) -> str:
    return next((word for token, word in pairs if token in text), "")
