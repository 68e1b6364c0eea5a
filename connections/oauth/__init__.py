"""Grants of OAuth: whose client asks, how a person authorizes, and how tokens stay alive."""
