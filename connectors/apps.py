"""The connectors app."""

from django.apps import AppConfig


class ConnectorsConfig(AppConfig):
    """The global catalogue."""

    name = "connectors"
    verbose_name = "Connectors"
