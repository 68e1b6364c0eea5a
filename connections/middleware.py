"""Takes deliveries before everything else: no session, no user, no page on their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connections.inbound.hooks import PATH
from connections.views import receiving
from spojit.lib import logs, redaction
from workspaces.middleware import believe_only_trusted

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


class Hooks:
    """The outermost middleware: what is below /hooks/ goes no further."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Remember what comes after."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer for a hook, or pass the request on."""
        path = f"/{request.path_info.lstrip('/')}"  # a doubled slash would get the token logged
        if not path.startswith(PATH):
            return self.get_response(request)
        believe_only_trusted(request)
        logs.clear()
        token = path[len(PATH) :]
        with redaction.scope():
            try:
                return receiving.take(request, token)
            except BaseException:
                redaction.register([token])  # it is in the path, which a fault is logged with
                raise
