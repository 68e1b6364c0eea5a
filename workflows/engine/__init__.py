"""How a run goes on: what is tried again, and when."""
