"""Functions of the hook's path: their statements are planned once a connection, not once a request.

Each sets the scope that it is given first; as its caller's role, so that the walls stand.
"""

from django.db import migrations

_SCOPE = """
    PERFORM set_config('spojit.low', _low, true), set_config('spojit.high', _high, true),
            set_config('spojit.person', '', true)"""

_FIND = f"""
CREATE FUNCTION hook_find(_low text, _high text, _hash text, _now timestamptz)
RETURNS TABLE (
    hook_workspace uuid, hook_connection uuid, hook_connector varchar, hook_scheme varchar,
    hook_status varchar, hook_disabled boolean, v_id uuid, v_version int, v_sealed bytea,
    v_purpose varchar, v_state varchar, v_last_used_at timestamptz
) LANGUAGE plpgsql AS $$
BEGIN{_SCOPE};
    RETURN QUERY
    SELECT h.workspace_id, h.connection_id, c.connector_id, c.scheme, c.status, k.is_disabled,
           v.id, v.version, v.sealed, v.purpose, v.state, v.last_used_at
    FROM connections_hook h
    JOIN connections_connection c ON c.id = h.connection_id
    JOIN connectors_connector k ON k.key = c.connector_id
    LEFT JOIN connections_credential v
           ON v.connection_id = h.connection_id AND v.purpose = 'live'
          AND (v.state = 'current'
               OR v.state = 'previous' AND coalesce(v.restorable_until, 'infinity') > _now)
    WHERE h.token_hash = _hash AND c.removed_at IS NULL
    ORDER BY v.version DESC;
END $$
"""

# The key's row is new, or was past its time, when it names this delivery. The lock waits for a
# delivery with the same key that is being stored at this moment; ON CONFLICT sees what it wrote,
# and would not do alone: it knows of one unique index, and the wall is another.
_STORE = f"""
CREATE FUNCTION hook_store(
    _low text, _high text, _id uuid, _workspace_id uuid, _connection_id uuid,
    _received_at timestamptz, _origin text, _actor_id uuid, _actor_name text, _address inet,
    _reason text, _sender_id text, _signed_at timestamptz, _secret_version int, _size int,
    _duration_ms int, _content_type text, _headers jsonb, _sealed bytea,
    _key uuid, _key_lock bigint, _key_until timestamptz, _version_id uuid, _status text,
    OUT said text, OUT first_id uuid
) LANGUAGE plpgsql AS $$
DECLARE
    is_stale boolean;
BEGIN{_SCOPE},
            pg_advisory_xact_lock(_key_lock);
    -- A test of ours says nothing of who still uses a secret.
    SELECT _origin = 'service'
           AND coalesce(_received_at - v.last_used_at > interval '1 minute', true) INTO is_stale
    FROM connections_credential v
    JOIN connections_connection c ON c.id = v.connection_id
    JOIN connectors_connector k ON k.key = c.connector_id
    WHERE v.id = _version_id AND v.connection_id = _connection_id
      AND (v.state = 'current'
           OR v.state = 'previous' AND coalesce(v.restorable_until, 'infinity') > _received_at)
      AND c.removed_at IS NULL AND c.status = _status AND NOT k.is_disabled;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    first_id := _id;
    IF _key IS NOT NULL THEN
        INSERT INTO connections_deliverykey AS k
            (id, workspace_id, connection_id, delivery_id, expires_at)
        VALUES (_key, _workspace_id, _connection_id, _id, _key_until)
        ON CONFLICT (id) DO UPDATE SET
            delivery_id = CASE WHEN k.expires_at <= _received_at
                               THEN excluded.delivery_id ELSE k.delivery_id END,
            expires_at = CASE WHEN k.expires_at <= _received_at
                              THEN excluded.expires_at ELSE k.expires_at END
        RETURNING k.delivery_id INTO first_id;
    END IF;
    IF is_stale THEN
        UPDATE connections_connection SET used_at = _received_at WHERE id = _connection_id;
        UPDATE connections_credential
        SET last_used_at = _received_at, first_used_at = coalesce(first_used_at, _received_at)
        WHERE id = _version_id;
    END IF;
    said := CASE WHEN first_id = _id THEN 'accepted' ELSE 'duplicate' END;
    INSERT INTO connections_delivery
        (id, workspace_id, connection_id, received_at, origin, actor_id, actor_name, address,
         verdict, reason, sender_id, signed_at, secret_version, size, duration_ms, content_type,
         headers, sealed, original_id, due_at, attempts)
    VALUES
        (_id, _workspace_id, _connection_id, _received_at, _origin, _actor_id, _actor_name, _address,
         said, _reason, _sender_id, _signed_at, _secret_version, _size, _duration_ms, _content_type,
         _headers, CASE WHEN first_id = _id THEN _sealed END,
         CASE WHEN first_id <> _id THEN first_id END, _received_at, 0);
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("connections", "0006_webhooks")]

    operations = [
        migrations.RunSQL(_FIND, "DROP FUNCTION hook_find"),
        migrations.RunSQL(_STORE, "DROP FUNCTION hook_store"),
    ]
