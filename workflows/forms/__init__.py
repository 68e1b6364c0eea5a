"""Forms of workflows and runs, one topic a file."""
