from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connections", "0002_list_order"),
    ]

    operations = [
        migrations.AddField(
            model_name="call",
            name="lease_owner",
            field=models.UUIDField(null=True),
        ),
    ]
