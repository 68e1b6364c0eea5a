"""What uses connections: workflows, their versions and runs."""
