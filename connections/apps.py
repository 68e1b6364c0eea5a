"""The connections app."""

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    """A workspace's configured instances of connectors."""

    name = "connections"
    verbose_name = "Connections"

    def ready(self) -> None:
        """Fill the registries of the apps below."""
        from connections import receivers, sealed, signals, tasks  # noqa: PLC0415 - models are ready

        receivers.register()
        signals.on_refresh_wanted(tasks.announce_refresh)
        sealed.register()
