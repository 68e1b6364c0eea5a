"""The connections app."""

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    """A workspace's configured instances of connectors."""

    name = "connections"
    verbose_name = "Connections"

    def ready(self) -> None:
        """Fill the registries of the apps below."""
        from connections import (  # noqa: PLC0415 - models are ready now
            alarms,
            receivers,
            sealed,
            signals,
            tasks,
        )
        from connections.oauth import attempts  # noqa: PLC0415

        receivers.register()
        signals.on_status_changed(alarms.on_status_changed)
        signals.on_refresh_wanted(tasks.announce_refresh)
        signals.on_removed(attempts.forget)
        sealed.register()
