"""Every setting of the installation, each read from the environment; secrets also from NAME_FILE.

With no DATABASE_URL this is a trial: embedded servers, keys kept under var/, loopback allowed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF

from spojit.lib import logs, outbound, redaction
from spojit.lib.env import MAIL, POSTGRESQL, REDIS, WEB, Env

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env(os.environ)

# -- What kind of installation ------------------------------------------------------------------

DEBUG = env.flag("DEBUG", default=False)
IS_TRIAL = env.flag("TRIAL", default=not env.text("DATABASE_URL"))
REFUSE_UNSCOPED_QUERIES = DEBUG or env.flag("REFUSE_UNSCOPED_QUERIES", default=False)
VAR_DIR = Path(env.text("VAR_DIR", default=str(BASE_DIR / "var")))

# Commands that look at files only: they must not start servers.
_WITHOUT_SERVERS = {"check_connectors", "collectstatic", "compilemessages", "makemessages"}
_needs_servers = not _WITHOUT_SERVERS.intersection(sys.argv[1:2])

if IS_TRIAL:
    from spojit import trial

    trial.fill(env, var_dir=VAR_DIR, with_servers=_needs_servers)

SECRET_KEY = env.required("SECRET_KEY", fix="make one with: openssl rand -base64 48")
ALLOWED_HOSTS = env.words(
    "ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if IS_TRIAL else []
)
PORT = env.number("PORT", default=8000)  # where `manage.py up` listens
PUBLIC_URL = env.url("PUBLIC_URL", schemes=WEB).rstrip("/")
if IS_TRIAL and not PUBLIC_URL:
    PUBLIC_URL = f"http://127.0.0.1:{PORT}"
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")

ROOT_URLCONF = "spojit.urls"
WSGI_APPLICATION = "spojit.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE, TIME_ZONE, USE_I18N = "en", "UTC", False
SITE_NAME = MFA_TOTP_ISSUER = "Spojit"

# -- Apps ---------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "workspaces",
    "connectors",
    "connections",
    "workflows",
    "spojit",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "workspaces.staff.StaffConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "connections.middleware.Hooks",
    "workspaces.middleware.RequestContext",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "workspaces.middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["spojit.lib.markup"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "workspaces.context.frame",
                "workflows.context.frame",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# -- Data ---------------------------------------------------------------------------------------

DATABASE_URL = env.url(
    "DATABASE_URL", schemes=POSTGRESQL, fix="the app role's URL, postgresql://app:…@host/spojit"
)
MIGRATION_DATABASE_URL = env.url("MIGRATION_DATABASE_URL", schemes=POSTGRESQL)
REDIS_URL = env.url("REDIS_URL", schemes=REDIS, fix="for example redis://:password@host:6379/0")

DATABASES: dict[str, Any] = {
    "default": Env.database(DATABASE_URL, pool_size=env.number("DATABASE_POOL_SIZE", default=30)),
    # Owns the tables: migrations, and `purge` of the append-only audit log. Never serves requests.
    "owner": Env.database(MIGRATION_DATABASE_URL or DATABASE_URL),
}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"serializer": "spojit.lib.cached.JsonSerializer"},
    }
}
SESSION_ENGINE = "workspaces.sessions"  # who reads Redis or a dump has no sessions

ROOT_KEYS = env.text("ROOT_KEYS", default="")
ROOT_KMS_KEYS = env.text("ROOT_KMS_KEYS", default="")
ROOT_PRIMARY = env.text("ROOT_PRIMARY", default="")
if not ROOT_KEYS and not ROOT_KMS_KEYS:
    env.missing("ROOT_KEYS", fix='make one with: echo "main:$(openssl rand -base64 32)"')

# -- Outbound calls -----------------------------------------------------------------------------

OUTBOUND_ALLOWED_NETWORKS = env.networks(
    "OUTBOUND_ALLOWED_NETWORKS", default=["127.0.0.0/8", "::1/128"] if IS_TRIAL else []
)
OUTBOUND_ALLOWED_PORTS = env.numbers("OUTBOUND_ALLOWED_PORTS", default=[PORT] if IS_TRIAL else [])
OUTBOUND_CA_BUNDLE = env.text("OUTBOUND_CA_BUNDLE", default="")
outbound.configure(
    allowed_networks=OUTBOUND_ALLOWED_NETWORKS,
    allowed_ports=OUTBOUND_ALLOWED_PORTS,
    ca_bundle=OUTBOUND_CA_BUNDLE,
)

# -- Celery -------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER, CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = False, True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600, "socket_timeout": 30}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_DB_REUSE_MAX = 10_000
SWEEP_SECONDS = env.number("SWEEP_SECONDS", default=10)
_BEAT_SECONDS = {
    "connections.sweep": SWEEP_SECONDS,
    "connections.refresh_due": SWEEP_SECONDS,
    "connections.tidy": 3600,
    "workflows.sweep": SWEEP_SECONDS,
    "workflows.start_scheduled": SWEEP_SECONDS,
    "workspaces.mail_notices": 10,
}
CELERY_BEAT_SCHEDULE = {
    task: {"task": task, "schedule": float(seconds), "options": {"expires": 0.9 * seconds}}
    for task, seconds in _BEAT_SECONDS.items()
}
CELERY_WORKER_CONCURRENCY = WORKER_CONCURRENCY = env.number("WORKER_CONCURRENCY", default=8)
# How many tokens one worker renews at once, besides its other work.
REFRESH_THREADS = env.number("REFRESH_THREADS", default=8)
# Deliveries a minute to one connection, and requests a minute from one address.
HOOK_DELIVERIES_PER_CONNECTION = env.number("HOOK_DELIVERIES_PER_CONNECTION", default=6_000)
HOOK_REQUESTS_PER_ADDRESS = env.number("HOOK_REQUESTS_PER_ADDRESS", default=30_000)
HOOK_BODY_BYTES = env.number("HOOK_BODY_BYTES", default=1024 * 1024)
HOOK_BODY_DAYS = env.number("HOOK_BODY_DAYS", default=7)
HOOK_DELIVERY_DAYS = env.number("HOOK_DELIVERY_DAYS", default=30)
# Senders that one web process lets wait for a run at once: half of its threads at most.
HOOK_WAITERS = env.number("HOOK_WAITERS", default=2)
# Runs that a worker carries on at once; seconds that one may work; days that one is kept.
RUN_THREADS = env.number("RUN_THREADS", default=8)
RUN_SECONDS = env.number("RUN_SECONDS", default=3600)
RUN_DAYS = env.number("RUN_DAYS", default=30)
WORKFLOW_MAILS_AN_HOUR = env.number("WORKFLOW_MAILS_AN_HOUR", default=200)
# How long one worker alone may verify a connection or make a call: more than a call's 30 s.
LEASE_SECONDS = env.number("LEASE_SECONDS", default=45)

# -- People -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "workspaces.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "workspaces.sign_in.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "workspaces.sign_in.SignupFields"
ACCOUNT_FORMS = {
    "login": "workspaces.account_forms.LoginForm",
    "signup": "workspaces.account_forms.SignupForm",
    "add_email": "workspaces.account_forms.AddEmailForm",
    "change_password": "workspaces.account_forms.ChangePasswordForm",
    "reset_password": "workspaces.account_forms.ResetPasswordForm",
    "reset_password_from_key": "workspaces.account_forms.ResetPasswordKeyForm",
    "reauthenticate": "workspaces.account_forms.ReauthenticateForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED, ACCOUNT_REAUTHENTICATION_TIMEOUT = True, 900
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/300s/key"}
MFA_ADAPTER = "workspaces.mfa.SealingAdapter"
MFA_FORMS = {
    "activate_totp": "workspaces.mfa.ActivateTotp",
    "authenticate": "workspaces.account_forms.AuthenticateForm",
    "reauthenticate": "workspaces.account_forms.ReauthenticateCodeForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
_VALIDATORS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATORS}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATORS}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATORS}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
]

# -- The browser --------------------------------------------------------------------------------

IS_HTTPS = PUBLIC_URL.startswith("https://")
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if IS_HTTPS else "http"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS or not IS_TRIAL
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "spojit.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
SECURE_REFERRER_POLICY = SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=not IS_TRIAL)
# Only a trusted proxy's header gets here, see `workspaces.middleware`.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = env.number("SECURE_HSTS_SECONDS", default=0 if IS_TRIAL else 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not IS_TRIAL
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
_OWN_SOURCES = ("script", "style", "font", "connect", "manifest")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        **{f"{kind}-src": [SELF] for kind in _OWN_SOURCES},
        **{name: [NONE] for name in ("default-src", "base-uri", "frame-ancestors")},
        "img-src": [SELF, "data:"],
        "form-action": [SELF],
    }
}

STATIC_URL = "static/"
STATIC_ROOT = None if IS_TRIAL else BASE_DIR / "staticfiles"  # a trial serves the sources
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = IS_TRIAL
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if IS_TRIAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# -- Mail ---------------------------------------------------------------------------------------

EMAIL_URL = env.url("EMAIL_URL", schemes=MAIL)
vars().update(Env.email(EMAIL_URL))
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", default="Spojit <spojit@localhost>")
SERVER_EMAIL, EMAIL_TIMEOUT = DEFAULT_FROM_EMAIL, 10

# -- Watching it --------------------------------------------------------------------------------

METRICS_TOKEN = env.text("METRICS_TOKEN", default="")
# Workers and the scheduler serve nothing; with a port, a worker serves its own numbers on it.
WORKER_METRICS_HOST = env.text("WORKER_METRICS_HOST", default="127.0.0.1")
WORKER_METRICS_PORT = env.number("WORKER_METRICS_PORT", default=0)
LOG_LEVEL = env.level("LOG_LEVEL", default="INFO")
LOGGING_CONFIG = None
logs.configure(level=LOG_LEVEL, json=env.flag("LOG_JSON", default=not IS_TRIAL))

_URLS = (DATABASE_URL, MIGRATION_DATABASE_URL, REDIS_URL, EMAIL_URL)
redaction.register_for_process([SECRET_KEY, METRICS_TOKEN, *map(Env.password, _URLS)])

if not IS_TRIAL:
    if DEBUG:
        env.refuse("DEBUG must be off outside a trial")
    env.need("ALLOWED_HOSTS", fix="the host names people use, separated by commas")
    env.need("EMAIL_URL", fix="smtp+tls://user:password@host:587; links are mailed")
    env.need("PUBLIC_URL", fix="the address people use, https://spojit.example.com")
    if SECRET_KEY and len(SECRET_KEY) < 50:
        env.refuse("SECRET_KEY is shorter than 50 characters: openssl rand -base64 48")
env.stop_if_anything_is_missing()
