"""The designer: the draft as cards and wires, its edits, and trial runs of it."""
