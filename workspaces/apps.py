"""The workspaces app."""

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    """People, tenancy, rights, sealing, audit and notices."""

    name = "workspaces"
    verbose_name = "Workspaces"

    def ready(self) -> None:
        """Fill the registries with what this app has to say."""
        from workspaces import first_steps, mfa, retention  # noqa: PLC0415 - models are ready now

        first_steps.register_own()
        retention.register_own()
        mfa.bind_seeds()
