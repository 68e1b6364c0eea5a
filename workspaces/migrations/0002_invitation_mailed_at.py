"""Say whether an invitation was sent, so that a lost wake-up loses no mail."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0001_first")]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="mailed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(
                condition=models.Q(
                    ("accepted_at", None), ("mailed_at", None), ("revoked_at", None)
                ),
                fields=["created_at"],
                name="invitation_to_mail",
            ),
        ),
    ]
