"""Commands about connections."""
