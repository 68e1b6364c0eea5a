"""Indexes of the lists of runs: by workflow and status, by connection; runs of deliveries."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0003_drafts_and_schedules"),
        ("workspaces", "0003_session"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="run",
            name="run_once_a_delivery",
        ),
        migrations.RemoveIndex(
            model_name="run",
            name="run_newest",
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["workspace", "workflow", "status", "-created_at", "-id"],
                name="run_of_workflow_and_status",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("rerun_of_id__isnull", False)),
                fields=["rerun_of_id"],
                name="run_again",
            ),
        ),
        migrations.AddIndex(
            model_name="step",
            index=models.Index(
                condition=models.Q(("connection_id__isnull", False)),
                fields=["workspace", "connection_id", "run"],
                name="step_of_connection_and_run",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(
                condition=models.Q(("trigger", "webhook")),
                fields=("delivery_id", "workflow"),
                name="run_once_a_delivery",
            ),
        ),
    ]
