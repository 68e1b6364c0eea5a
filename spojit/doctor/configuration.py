"""The doctor on settings, mail and the disk."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from django.conf import settings
from django.core import mail

from spojit.doctor.finding import Finding, bad, good, look

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST_KEY_CHARACTERS = 50  # as Django's own security.W009
LEAST_FREE_BYTES = 2**30
MAIL_SECONDS = 5


def examine() -> Iterator[Finding]:
    """Check what needs neither PostgreSQL nor Redis."""
    yield _kind()
    yield _debug()
    yield _secret_key()
    yield _hosts()
    yield _public_url()
    yield _proxies()
    yield _pool()
    yield _mail()
    yield _disk()


def _kind() -> Finding:
    if settings.IS_TRIAL:
        remedy = "Set DATABASE_URL, REDIS_URL and the rest before real credentials go in."
        return look("installation", "a trial: connections may reach loopback", remedy=remedy)
    return good("installation", "production")


def _debug() -> Finding:
    if settings.DEBUG:
        return bad("DEBUG", "on: error pages show settings", remedy="Set DEBUG=false.")
    return good("DEBUG", "off")


def _secret_key() -> Finding:
    length = len(settings.SECRET_KEY)
    if length < LEAST_KEY_CHARACTERS:
        remedy = "Make another: openssl rand -base64 48. Everybody signs in again."
        return bad("SECRET_KEY", f"only {length} characters", remedy=remedy)
    return good("SECRET_KEY", f"{length} characters")


def _hosts() -> Finding:
    hosts = settings.ALLOWED_HOSTS
    if not hosts or "*" in hosts:
        seen = "any host name is answered" if hosts else "no host name is answered"
        return bad("ALLOWED_HOSTS", seen, remedy="List the names that people use.")
    return good("ALLOWED_HOSTS", ", ".join(hosts))


def _public_url() -> Finding:
    url = settings.PUBLIC_URL
    if not url.startswith("https://") and not settings.IS_TRIAL:
        remedy = "Serve it by https, and set PUBLIC_URL to the https:// address."
        return bad("PUBLIC_URL", f"{url}: sessions travel in the clear", remedy=remedy)
    return good("PUBLIC_URL", url)


def _proxies() -> Finding:
    proxies = [str(network) for network in settings.TRUSTED_PROXIES]
    if not proxies and not settings.IS_TRIAL:
        remedy = "Set TRUSTED_PROXIES to the network of the proxy that ends TLS, as 10.0.0.0/8."
        return bad("TRUSTED_PROXIES", "none: every page redirects to itself", remedy=remedy)
    return good("TRUSTED_PROXIES", ", ".join(proxies) or "none")


def _pool() -> Finding:
    size = settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"]
    threads = settings.WORKER_CONCURRENCY + settings.REFRESH_THREADS + settings.RUN_THREADS
    if size <= threads:
        remedy = f"Set DATABASE_POOL_SIZE to {threads + 1} or more."
        return bad("pool", f"{size} connections for {threads} worker threads", remedy=remedy)
    return good("pool", f"{size} connections for {threads} worker threads")


def _mail() -> Finding:
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        remedy = "Set EMAIL_URL, as smtp+tls://user:password@host:587."
        verdict = good if settings.IS_TRIAL else None
        seen = "mail is written to the log"
        return verdict("mail", seen) if verdict else bad("mail", seen, remedy=remedy)
    host = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        with mail.get_connection(timeout=MAIL_SECONDS):
            return good("mail", f"{host} takes our log-in")
    except OSError as failure:  # smtplib's own errors are OSErrors
        seen = f"{host} does not ({type(failure).__name__})"
        return bad("mail", seen, remedy="Check EMAIL_URL and the way to that host.")


def _disk() -> Finding:
    folder = settings.VAR_DIR if os.path.isdir(settings.VAR_DIR) else settings.BASE_DIR  # noqa: PTH112
    free = shutil.disk_usage(folder).free
    seen = f"{free / 2**30:.1f} GiB free at {folder}"
    if free < LEAST_FREE_BYTES:
        return bad("disk", seen, remedy="Make room, or move VAR_DIR.")
    return good("disk", seen)
