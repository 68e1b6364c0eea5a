"""Measurements: each prints numbers of the machine that it runs on."""
