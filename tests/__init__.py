"""Tests, an app a folder."""
