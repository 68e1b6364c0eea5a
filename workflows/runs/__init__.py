"""Runs: started, claimed by workers, carried on step by step, kept for a while."""

from workflows.runs.cancelling import cancel
from workflows.runs.rerunning import rerun
from workflows.runs.starting import start

__all__ = ["cancel", "rerun", "start"]
