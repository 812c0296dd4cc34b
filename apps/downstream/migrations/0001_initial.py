import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("events", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Replay",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("system", models.CharField(max_length=20, verbose_name="system")),
                ("choice", models.JSONField(verbose_name="which events")),
                ("count", models.PositiveIntegerField(verbose_name="events")),
                (
                    "reason",
                    models.CharField(
                        blank=True, db_default="", max_length=300, verbose_name="reason"
                    ),
                ),
                ("actor_id", models.BigIntegerField(blank=True, null=True, verbose_name="by")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="when")),
            ],
            options={
                "verbose_name": "replay",
                "verbose_name_plural": "replays",
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("system", models.CharField(max_length=20, verbose_name="system")),
                ("received_at", models.DateTimeField(verbose_name="received")),
                (
                    "acknowledged_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="acknowledged"),
                ),
                (
                    "message",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="receipts",
                        to="events.outboxmessage",
                        verbose_name="event",
                    ),
                ),
            ],
            options={
                "verbose_name": "receipt",
                "verbose_name_plural": "receipts",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("message", "system"), name="downstream_receipt_once_per_system"
                    )
                ],
            },
        ),
    ]
