import django.db.models.deletion
from django.db import migrations, models


def leave_out_index(apps, schema_editor):
    """Django also indexes unique texts for `LIKE 'x%'`, which nobody asks of this column."""
    schema_editor.deferred_sql = [
        one
        for one in schema_editor.deferred_sql
        if "invoicing_document_label_e9799c1f_like" not in str(one)
    ]


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("orders", "0001_initial"),
        ("refunds", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Series",
            fields=[
                (
                    "code",
                    models.CharField(
                        max_length=20, primary_key=True, serialize=False, verbose_name="series"
                    ),
                ),
                ("next_number", models.PositiveIntegerField(default=1, verbose_name="next number")),
            ],
            options={
                "verbose_name_plural": "series",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("next_number__gte", 1)),
                        name="invoicing_series_counts_from_one",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("invoice", "invoice"), ("credit_note", "credit note")],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="number in the series")),
                ("label", models.CharField(max_length=30, unique=True, verbose_name="number")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("total_minor", models.BigIntegerField(verbose_name="total")),
                ("tax_minor", models.BigIntegerField(verbose_name="tax")),
                ("language", models.CharField(max_length=10, verbose_name="language")),
                ("content", models.JSONField(verbose_name="content")),
                ("issued_at", models.DateTimeField(verbose_name="issued")),
                ("file", models.CharField(blank=True, max_length=200, verbose_name="file")),
                (
                    "corrects",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="invoicing.document",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="orders.order",
                    ),
                ),
                (
                    "refund",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="document",
                        to="refunds.refund",
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="invoicing.series",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["invoice", "credit_note"])),
                        name="invoicing_document_kind_known",
                    ),
                    models.UniqueConstraint(
                        fields=("series", "number"), name="invoicing_document_number_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "invoice")),
                        fields=("order",),
                        name="invoicing_document_one_invoice_per_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("corrects__isnull", True),
                                ("kind", "invoice"),
                                ("refund__isnull", True),
                            ),
                            models.Q(
                                ("corrects__isnull", False),
                                ("kind", "credit_note"),
                                ("refund__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="invoicing_document_credit_note_corrects",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)),
                        name="invoicing_document_counts_from_one",
                    ),
                ],
            },
        ),
        migrations.RunPython(leave_out_index, migrations.RunPython.noop),
    ]
