"""Pages of runs: the list, one run step by step, and what can be done with it."""
