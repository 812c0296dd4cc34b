import django.db.models.deletion
import django.db.models.fields.json
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

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
        migrations.CreateModel(
            name="OutboxMessage",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("type", models.CharField(max_length=100)),
                ("subject", models.CharField(max_length=64)),
                ("payload", models.JSONField()),
                ("is_public", models.BooleanField()),
                ("actor_id", models.BigIntegerField(blank=True, null=True)),
                (
                    "trace_id",
                    models.CharField(blank=True, db_default="", default="", max_length=64),
                ),
                ("occurred_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("fanned_out_at", models.DateTimeField(blank=True, null=True)),
                ("targets", models.PositiveSmallIntegerField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("fanned_out_at__isnull", True)),
                        fields=["id"],
                        name="events_outbox_to_fan_out",
                    ),
                    models.Index(fields=["subject", "id"], name="events_outbox_by_subject"),
                    models.Index(
                        django.db.models.fields.json.KeyTextTransform("number", "payload"),
                        name="events_outbox_by_number",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.CharField(blank=True, db_default="", default="", max_length=64)),
                ("target", models.CharField(max_length=100)),
                ("lane", models.CharField(blank=True, db_default="", default="", max_length=20)),
                ("priority", models.PositiveSmallIntegerField(db_default=0, default=0)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                ("last_error", models.TextField(blank=True)),
                (
                    "message",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="events.outboxmessage",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "indexes": [
                    models.Index(
                        condition=models.Q(("delivered_at__isnull", True)),
                        fields=["lane", "priority", "id", "due_at"],
                        name="events_delivery_pending",
                    ),
                    models.Index(
                        condition=models.Q(("delivered_at__isnull", True)),
                        fields=["subject"],
                        name="events_delivery_by_subject",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("delivered_at__isnull", True), ("target__startswith", "replay:")
                        ),
                        fields=["due_at"],
                        name="events_delivery_of_replays",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("message", "target"), name="events_delivery_once_per_target"
                    )
                ],
            },
        ),
    ]
