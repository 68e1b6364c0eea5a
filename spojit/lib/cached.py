"""What the cache holds is JSON: who can write to Redis must not run code here by a pickle."""

from __future__ import annotations

import json
from typing import Any


class JsonSerializer:
    """Writes and reads values of Django's Redis cache; integers stay bare, so that they count."""

    def dumps(self, value: Any) -> bytes | int:
        """Write a value. Raises: TypeError when JSON has no such thing."""
        if type(value) is int:
            return value
        return json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        """Read a value."""
        return json.loads(data)
