"""One file per connector."""
