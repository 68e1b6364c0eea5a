"""A workspace's configured instances of connectors."""
