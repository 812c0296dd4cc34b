import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


def leave_out_index(apps, schema_editor):
    """Django also indexes unique texts for `LIKE 'x%'`, which nobody asks of this column."""
    schema_editor.deferred_sql = [
        one
        for one in schema_editor.deferred_sql
        if "deadletters_taskfailure_task_id_e0ae2766_like" not in str(one)
    ]


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="TaskFailure",
            fields=[
                ("task_id", models.CharField(max_length=50, primary_key=True, serialize=False)),
                ("task", models.CharField(max_length=100)),
                ("error", models.TextField()),
                ("failed_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [models.Index(fields=["failed_at"], name="deadletters_failure_by_time")],
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
                        to="deadletters.deadletter",
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
                        name="deadletters_letter_waiting",
                    ),
                    models.Index(
                        fields=["queue", "identity"], name="deadletters_letter_by_identity"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("queue", "message_id"), name="deadletters_letter_once_per_message"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "redriven", "parked"])),
                        name="deadletters_letter_state_known",
                    ),
                ],
            },
        ),
        migrations.RunPython(leave_out_index, migrations.RunPython.noop),
    ]
