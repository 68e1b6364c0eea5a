"""A hook knows who listens at it, and storing a delivery says so in the same round trip.

`hook_store` stays for what runs of the release before.
"""

from django.db import migrations, models

_TAKE = """
CREATE FUNCTION hook_take(
    _low text, _high text, _id uuid, _workspace_id uuid, _connection_id uuid,
    _received_at timestamptz, _origin text, _actor_id uuid, _actor_name text, _address inet,
    _reason text, _sender_id text, _signed_at timestamptz, _secret_version int, _size int,
    _duration_ms int, _content_type text, _headers jsonb, _sealed bytea,
    _key uuid, _key_lock bigint, _key_until timestamptz, _version_id uuid, _status text,
    OUT said text, OUT first_id uuid, OUT listening jsonb
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT s.said, s.first_id INTO said, first_id
    FROM hook_store(
        _low, _high, _id, _workspace_id, _connection_id, _received_at, _origin, _actor_id,
        _actor_name, _address, _reason, _sender_id, _signed_at, _secret_version, _size,
        _duration_ms, _content_type, _headers, _sealed, _key, _key_lock, _key_until,
        _version_id, _status
    ) AS s;
    SELECT h.listeners INTO listening FROM connections_hook h
    WHERE h.connection_id = _connection_id AND said IS NOT NULL;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("connections", "0007_hook_functions")]

    operations = [
        migrations.AddField(
            model_name="hook",
            name="listeners",
            field=models.JSONField(
                db_default=models.Value([], output_field=models.JSONField()), default=list
            ),
        ),
        migrations.RunSQL(_TAKE, "DROP FUNCTION hook_take"),
    ]
