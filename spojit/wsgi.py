"""The WSGI application that the web server loads."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "spojit.settings")

application = get_wsgi_application()

from spojit import starting  # noqa: E402 - after the settings

starting.refuse_wrong_root_key()
starting.refuse_powerful_role()
starting.warm_up()
