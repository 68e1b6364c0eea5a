"""Takes deliveries before everything else: no session, no user, no page on their way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

from connections.inbound.hooks import PATH
from connections.views import receiving
from spojit.lib import logs, redaction
from workspaces.middleware import believe_only_trusted

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

_RUN = re.compile(r"([^/]+)/runs/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?", re.ASCII)


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
        asked = _RUN.fullmatch(path[len(PATH) :])
        token = asked[1] if asked else path[len(PATH) :]
        with redaction.scope():
            try:
                if asked:
                    return receiving.tell(request, token, UUID(asked[2]))
                return receiving.take(request, token)
            except BaseException:
                redaction.register([token])  # it is in the path, which a fault is logged with
                raise
