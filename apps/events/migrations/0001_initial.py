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
            name="OutboxMessage",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("type", models.CharField(max_length=100)),
                ("subject", models.CharField(max_length=64)),
                ("payload", models.JSONField()),
                ("has_audience", models.BooleanField(default=True)),
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
            name="TaskFailure",
            fields=[
                ("task_id", models.CharField(max_length=50, primary_key=True, serialize=False)),
                ("task", models.CharField(max_length=100)),
                ("error", models.TextField()),
                ("failed_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [models.Index(fields=["failed_at"], name="events_failure_by_time")],
            },
        ),
        migrations.CreateModel(
            name="DeadLetter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("queue", models.CharField(max_length=80, verbose_name="queue")),
                ("message_id", models.CharField(max_length=100, verbose_name="message")),
                ("body", models.TextField(verbose_name="payload")),
                (
                    "attributes",
                    models.JSONField(
                        db_default=models.Value({}, models.JSONField()),
                        default=dict,
                        verbose_name="attributes",
                    ),
                ),
                ("identity", models.CharField(db_default="", max_length=64)),
                ("task", models.CharField(blank=True, max_length=100, verbose_name="task")),
                ("reason", models.TextField(blank=True, verbose_name="what was wrong")),
                ("receive_count", models.PositiveIntegerField(default=0, verbose_name="received")),
                ("sent_at", models.DateTimeField(verbose_name="sent")),
                ("seen_at", models.DateTimeField(auto_now_add=True, verbose_name="set aside")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("redriven", "redriven"),
                            ("parked", "parked"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                ("decided_by", models.BigIntegerField(blank=True, null=True, verbose_name="by")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                (
                    "came_back_from",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="returns",
                        to="events.deadletter",
                        verbose_name="came back from",
                    ),
                ),
            ],
            options={
                "verbose_name": "dead letter",
                "verbose_name_plural": "dead letters",
                "permissions": [("redrive_deadletter", "Can redrive and park dead letters")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["seen_at"],
                        name="events_letter_waiting",
                    ),
                    models.Index(fields=["queue", "identity"], name="events_letter_by_identity"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("queue", "message_id"), name="events_letter_once_per_message"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "redriven", "parked"])),
                        name="events_letter_state_known",
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
                        fields=("message", "system"), name="events_receipt_once_per_system"
                    )
                ],
            },
        ),
    ]
