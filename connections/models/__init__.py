"""Rows of connections: what was configured, sealed, checked and used."""

from connections.models.call import Call
from connections.models.check import Check
from connections.models.connection import BROKEN_FIRST, Connection, Status
from connections.models.credential import Credential
from connections.models.use_counter import UseCounter

__all__ = ["BROKEN_FIRST", "Call", "Check", "Connection", "Credential", "Status", "UseCounter"]
