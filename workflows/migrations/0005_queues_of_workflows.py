"""Queues of runs by workflow, resting runs by moment, leases, and workflows with a limit."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0004_lists_of_runs"),
        ("workspaces", "0003_session"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="run",
            name="run_due",
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("status__in", ["queued", "running"])),
                fields=["workspace", "workflow", "priority", "due_at", "id"],
                name="run_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("status", "waiting")),
                fields=["due_at", "id"],
                name="run_resting",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("lease_owner__isnull", False)),
                fields=["workspace", "workflow", "due_at"],
                name="run_leased",
            ),
        ),
        migrations.AddIndex(
            model_name="workflow",
            index=models.Index(
                condition=models.Q(("most_at_once__gt", 0)),
                fields=["workspace"],
                name="workflow_limited",
            ),
        ),
    ]
