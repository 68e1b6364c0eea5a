"""Rows of people, tenancy, sealing, audit and notices."""

from workspaces.models.audit_event import AuditEvent
from workspaces.models.data_key import DataKey
from workspaces.models.invitation import Invitation
from workspaces.models.membership import Membership
from workspaces.models.notice import Notice
from workspaces.models.session import Session
from workspaces.models.tenant import TenantModel
from workspaces.models.user import User
from workspaces.models.workspace import Workspace

__all__ = [
    "AuditEvent",
    "DataKey",
    "Invitation",
    "Membership",
    "Notice",
    "Session",
    "TenantModel",
    "User",
    "Workspace",
]
