from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        # The form in which words are compared, for columns that keep it.
        migrations.RunSQL(
            r"""
            CREATE FUNCTION folded(text) RETURNS text
            LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
            RETURN regexp_replace(
                normalize(casefold(normalize($1, NFKD) COLLATE pg_unicode_fast), NFKD),
                '[\u00ad\u0300-\u036f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]', '', 'g'
            )
            """,
            reverse_sql="DROP FUNCTION folded(text)",
        ),
        migrations.CreateModel(
            name="SweepFailure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sweep", models.CharField(max_length=60)),
                ("key", models.CharField(max_length=200)),
                ("attempts", models.PositiveIntegerField(default=1)),
                ("error", models.CharField(max_length=500)),
                ("failed_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("sweep", "key"), name="core_sweepfailure_once_per_row"
                    )
                ],
            },
        ),
    ]
