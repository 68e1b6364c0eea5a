"""The designer's panel: the settings of one step, what it may name, what it gave, its problems."""
