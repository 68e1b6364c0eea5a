"""Spojit: wiring and small library; the product lives in the apps beside it."""
