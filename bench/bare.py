"""A bare Django with one view that inserts one row: no middleware, no model. The floor of hooks."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpResponse
from django.urls import path

from spojit.lib.env import Env

if TYPE_CHECKING:
    from django.http import HttpRequest

_INSERT = "INSERT INTO bench_delivery (id, body) VALUES (%s, %s)"


def insert(request: HttpRequest, token: str) -> HttpResponse:
    """Keep what was sent."""
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [uuid.uuid4(), request.body])
    content = b'{"token": "%s"}' % token.encode()
    return HttpResponse(
        content,
        status=202,
        content_type="application/json",
        headers={"Content-Length": str(len(content))},
    )


urlpatterns = [path("hooks/<str:token>", insert)]

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": Env.database(os.environ["DATABASE_URL"], pool_size=20)},
    ROOT_URLCONF=__name__,
    SECRET_KEY="bench",
)
application = get_wsgi_application()
