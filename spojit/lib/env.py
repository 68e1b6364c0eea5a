"""Reading the environment: typed values, secrets also from files, one clear line on faults."""

from __future__ import annotations

import logging
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import environ

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

POSTGRESQL = ("postgresql", "postgres")
REDIS = ("redis", "rediss", "unix")
MAIL = tuple(environ.Env.EMAIL_SCHEMES)
WEB = ("https", "http")


class Env:
    """Typed access to environment variables.

    `NAME_FILE` may hold the path of a file whose content is the value of `NAME`, as container
    secrets are delivered.
    """

    def __init__(self, variables: MutableMapping[str, str]) -> None:
        """Read from `variables`, which `fill` may add to."""
        self._variables = variables
        self._missing: list[str] = []

    def fill(self, values: dict[str, str]) -> None:
        """Add values for names that were not given."""
        for name, value in values.items():
            if not self.text(name):
                self._variables[name] = value

    def text(self, name: str, *, default: str = "") -> str:
        """Return the value of `name`, or the content of the file named by `<name>_FILE`."""
        if value := self._variables.get(name, ""):
            return value
        if path := self._variables.get(f"{name}_FILE", ""):
            return self._read(name, Path(path))
        return default

    def required(self, name: str, *, fix: str) -> str:
        """Return the value of `name`; when absent, remember that it is missing."""
        self.need(name, fix=fix)
        return self.text(name)

    def need(self, name: str, *, fix: str) -> None:
        """Remember that `name` is missing, unless it is there."""
        if not self.text(name):
            self.missing(name, fix=fix)

    def missing(self, name: str, *, fix: str) -> None:
        """Remember that `name` is missing and how to mend it."""
        self._missing.append(f"{name} is not set ({fix})")

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a yes or no; anything else is an error."""
        value = self.text(name).strip().lower()
        if value in {"1", "true", "yes", "on"}:
            return True
        if value in {"0", "false", "no", "off"}:
            return False
        if value:
            self._missing.append(f"{name} must be true or false")
        return default

    def number(self, name: str, *, default: int) -> int:
        """Return a whole number."""
        value = self.text(name)
        if value and not value.isdigit():
            self._missing.append(f"{name} must be a whole number")
            return default
        return int(value) if value else default

    def words(self, name: str, *, default: list[str] | None = None) -> list[str]:
        """Return a comma-separated list."""
        words = [word.strip() for word in self.text(name).split(",") if word.strip()]
        return words or list(default or [])

    def numbers(self, name: str, *, default: list[int]) -> list[int]:
        """Return a comma-separated list of whole numbers."""
        words = self.words(name)
        if not all(word.isdigit() for word in words):
            self._missing.append(f"{name} must be whole numbers, separated by commas")
            return default
        return [int(word) for word in words] or default

    def networks(
        self, name: str, *, default: Sequence[str] = ()
    ) -> list[IPv4Network | IPv6Network]:
        """Return a comma-separated list of networks, each an address or a CIDR block."""
        try:
            return [ip_network(word) for word in self.words(name, default=list(default))]
        except ValueError:
            self._missing.append(f"{name} must be networks as 10.1.0.0/16, separated by commas")
            return []

    def url(self, name: str, *, schemes: Sequence[str], fix: str = "") -> str:
        """Return a URL that begins with one of `schemes`; with a `fix` it is required."""
        value = self.required(name, fix=fix) if fix else self.text(name)
        if value and urlsplit(value).scheme not in schemes:
            self._missing.append(f"{name} must begin with {schemes[0]}://")
            return ""
        return value

    def level(self, name: str, *, default: str) -> str:
        """Return the name of a log level."""
        value = self.text(name, default=default).upper()
        if value not in logging.getLevelNamesMapping():
            self._missing.append(f"{name} must be DEBUG, INFO, WARNING, ERROR or CRITICAL")
            return default
        return value

    def refuse(self, sentence: str) -> None:
        """Remember a value that must not be."""
        self._missing.append(sentence)

    def stop_if_anything_is_missing(self) -> None:
        """End the process with one clear line when a value is missing or wrong.

        Raises:
            SystemExit: naming every such variable and its remedy.
        """
        if self._missing:
            raise SystemExit("Spojit cannot start: " + "; ".join(self._missing) + ".")

    @staticmethod
    def database(url: str, *, pool_size: int = 0) -> dict[str, Any]:
        """Parse a PostgreSQL URL into Django's settings; an empty URL gives an empty database."""
        if not url:
            return {"ENGINE": "django.db.backends.dummy", "OPTIONS": {}}
        database: dict[str, Any] = dict(environ.Env.db_url_config(url))
        options = database.setdefault("OPTIONS", {})
        options["application_name"] = "spojit"
        if pool_size:
            options["pool"] = {"min_size": 1, "max_size": pool_size, "timeout": 10}
        return database

    @staticmethod
    def password(url: str) -> str:
        """Return the password inside a URL, decoded; empty when there is none."""
        return unquote(urlsplit(url).password or "")

    @staticmethod
    def email(url: str) -> dict[str, Any]:
        """Parse a mail URL (smtp://, smtps://, smtp+tls://); an empty one means the console."""
        return dict(environ.Env.email_url_config(url or "consolemail://"))

    def _read(self, name: str, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError:
            self._missing.append(f"{name}_FILE names a file that cannot be read")
            return ""
