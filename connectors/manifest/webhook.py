"""What comes in: how a service signs what it sends, who makes the secret, and how to set it up."""

from typing import Annotated, Literal

from pydantic import Field as Setting

from connectors.manifest.base import HttpsUrl, Line, Strict

Signature = Literal["spojit", "standard_webhooks", "shopify", "github", "slack", "stripe", "custom"]
"""A kind of `connectors.signatures`."""

SECRET_FIELD = "signing_secret"  # noqa: S105 - the key of a field
"""The field whose value deliveries are signed with."""


class Webhook(Strict):
    """How deliveries of a `webhook` scheme are told from forgeries.

    Attributes:
        secret: who makes it: `ours` (always we), `theirs` (the service, often only after the
            address was entered there), or `either` (left empty, we make it).
        guide: what to do in the service, a sentence a step; the page shows address and secret.
        where: the service's page on which webhooks are set up, or that says how.
    """

    signature: Signature
    secret: Literal["ours", "theirs", "either"]
    guide: Annotated[list[Line], Setting(min_length=1, max_length=12)]
    where: HttpsUrl | None = None
