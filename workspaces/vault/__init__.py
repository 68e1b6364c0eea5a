"""Sealing: envelope (pure), keyring (data keys), roots (outside the database), rotation."""
