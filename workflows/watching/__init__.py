"""What pages ask of runs: where each node stands, which came last, lists, one run's steps."""

from workflows.watching.standing import latest, lights

__all__ = ["latest", "lights"]
