"""Tests of what comes in at webhook connections."""
