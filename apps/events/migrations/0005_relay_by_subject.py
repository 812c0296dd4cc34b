from django.db import migrations, models

# Only what still waits: what was delivered is never looked for by its subject.
_SUBJECTS = """
UPDATE events_delivery delivery SET subject = message.subject
FROM events_outboxmessage message
WHERE message.id = delivery.message_id AND delivery.delivered_at IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0004_trace_of_events"),
    ]

    operations = [
        migrations.CreateModel(
            name="RelayTurn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
        ),
        migrations.RemoveIndex(
            model_name="delivery",
            name="events_delivery_pending",
        ),
        migrations.AddField(
            model_name="delivery",
            name="lane",
            field=models.CharField(blank=True, db_default="", default="", max_length=20),
        ),
        migrations.AddField(
            model_name="delivery",
            name="leased_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="delivery",
            name="priority",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="delivery",
            name="subject",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.RunSQL(_SUBJECTS, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("delivered_at__isnull", True)),
                fields=["lane", "priority", "id"],
                name="events_delivery_pending",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("delivered_at__isnull", True)),
                fields=["subject"],
                name="events_delivery_by_subject",
            ),
        ),
    ]
