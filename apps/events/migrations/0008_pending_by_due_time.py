from django.db import migrations, models

# What waited when priorities came had the handlers' priority.
_PRIORITIES = """
UPDATE events_delivery SET priority = CASE WHEN target = 'sns' THEN 1 ELSE 2 END
WHERE delivered_at IS NULL AND priority = 0 AND (target = 'sns' OR target LIKE 'replay:%')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0007_no_index_twice"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="delivery",
            name="events_delivery_pending",
        ),
        migrations.RunSQL(_PRIORITIES, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("delivered_at__isnull", True)),
                fields=["lane", "priority", "id", "due_at"],
                name="events_delivery_pending",
            ),
        ),
    ]
