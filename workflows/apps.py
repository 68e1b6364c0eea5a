"""The workflows app."""

from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    """Graphs of steps whose Connector nodes refer to connections by ID."""

    name = "workflows"
    verbose_name = "Workflows"

    def ready(self) -> None:
        """Fill the registries of the apps below."""
        from workflows import receivers, sealed  # noqa: PLC0415 - models are ready now

        receivers.register()
        sealed.register()
