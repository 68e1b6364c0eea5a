"""Rows of connections: what was configured, authorized, sealed, checked, used and delivered."""

from connections.models.authorization import Authorization
from connections.models.call import Call
from connections.models.check import Check
from connections.models.connection import BROKEN_FIRST, Connection, Status
from connections.models.credential import Credential
from connections.models.delivery import Delivery, DeliveryCount, DeliveryKey
from connections.models.hook import Hook
from connections.models.oauth_app import InstallationApp, OAuthApp
from connections.models.revocation import Revocation
from connections.models.use_counter import UseCounter

__all__ = [
    "BROKEN_FIRST",
    "Authorization",
    "Call",
    "Check",
    "Connection",
    "Credential",
    "Delivery",
    "DeliveryCount",
    "DeliveryKey",
    "Hook",
    "InstallationApp",
    "OAuthApp",
    "Revocation",
    "Status",
    "UseCounter",
]
