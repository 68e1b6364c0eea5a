"""Commands of the workspaces app."""
