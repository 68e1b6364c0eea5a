"""Deliveries to webhook connections: checked, stored once, handed to whoever listens."""

from connections.inbound.checking import NotAWebhook, check
from connectors.signatures import Verdict

__all__ = ["NotAWebhook", "Verdict", "check"]
