from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connections", "0003_call_lease_owner"),
    ]

    operations = [
        migrations.AddField(
            model_name="call",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
