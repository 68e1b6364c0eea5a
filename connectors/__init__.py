"""The global catalogue: what services are and what they can do."""
