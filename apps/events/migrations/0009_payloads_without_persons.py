from typing import Any

from django.db import migrations

# What events told of a person before such fields were left out of what is stored.
_PERSONAL = {
    "accounts.customer.registered.v1": ["email", "name"],
    "accounts.customer.updated.v1": ["email", "name"],
    "orders.order.placed.v1": ["email"],
    "orders.order.paid.v1": ["email", "address"],
    "orders.order.rejected.v1": ["email"],
    "shipping.shipment.requested.v1": ["address"],
}
_BATCH = 5_000
_NEXT = """
SELECT array_agg(id) FROM (
    SELECT id FROM events_outboxmessage WHERE id > %s ORDER BY id LIMIT %s
) piece
"""
_STRIP = """
UPDATE events_outboxmessage SET payload = payload - %s::text[]
WHERE id = ANY(%s) AND type = %s AND payload ?| %s::text[]
"""


def strip(apps: Any, schema_editor: Any) -> None:
    """A batch per transaction: it may be broken off, and begins anew without harm."""
    after = "00000000-0000-0000-0000-000000000000"
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(_NEXT, [after, _BATCH])
            ((ids,),) = cursor.fetchall()
            if not ids:
                return
            for kind, fields in _PERSONAL.items():
                cursor.execute(_STRIP, [fields, ids, kind, fields])
            after = max(ids)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("events", "0008_pending_by_due_time"),
    ]

    operations = [
        migrations.RunPython(strip, migrations.RunPython.noop),
    ]
