"""The workspaces app."""

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    """People, tenancy, rights, sealing, audit and notices."""

    name = "workspaces"
    verbose_name = "Workspaces"
