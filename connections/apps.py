"""The connections app."""

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    """A workspace's configured instances of connectors."""

    name = "connections"
    verbose_name = "Connections"
