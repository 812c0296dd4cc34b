from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Pass",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("changes", "Changes"), ("full", "Full")], max_length=10
                    ),
                ),
                ("scope", models.CharField(blank=True, max_length=30)),
                ("after", models.CharField(blank=True, max_length=64)),
                ("checked", models.PositiveBigIntegerField(default=0)),
                ("violations", models.PositiveIntegerField(default=0)),
                ("started_at", models.DateTimeField()),
                ("touched_at", models.DateTimeField(auto_now=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "passes",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["changes", "full"])),
                        name="audit_pass_kind_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("finished_at__isnull", True)),
                        fields=("kind",),
                        name="audit_pass_one_at_a_time",
                    ),
                ],
            },
        ),
    ]
