import django.db.models.deletion
from django.db import migrations, models

# What was paid for the units of a line is their share of what was paid for the order's line, after those that
# went back before; rounded cumulatively with halves up.
_PAID = """
UPDATE refunds_refundline SET paid_minor = amount_minor;
WITH units AS (
    SELECT back.id, back.quantity, sold.quantity AS sold,
        sum(back.quantity) OVER (PARTITION BY back.order_line_id ORDER BY back.id) AS upto,
        (sold.paid_minor + CASE WHEN o.tax_included THEN 0 ELSE sold.tax_minor END)::numeric AS paid
    FROM refunds_refundline back JOIN orders_orderline sold ON sold.id = back.order_line_id
    JOIN orders_order o ON o.id = sold.order_id
)
UPDATE refunds_refundline line SET paid_minor =
    div(2 * units.paid * units.upto + units.sold, 2 * units.sold)
    - div(2 * units.paid * (units.upto - units.quantity) + units.sold, 2 * units.sold)
FROM units WHERE units.id = line.id
"""
_PARTS = """
INSERT INTO refunds_refundadjustment (refund_id, line_id, position, code, label, scope, amount_minor,
    currency, reason, source)
SELECT refund.id, part.line_id,
    row_number() OVER (PARTITION BY refund.id ORDER BY part.line_id NULLS LAST) - 1,
    part.code, part.label, part.scope, part.minor, refund.currency, refund.reason,
    coalesce('staff:' || refund.granted_by,
        CASE WHEN o.channel = 'import' THEN 'import' ELSE 'shop' END)
FROM (
    SELECT line.refund_id, line.id AS line_id, 'agreed' AS code, 'Agreed otherwise' AS label,
        'line' AS scope, line.amount_minor - line.paid_minor AS minor
    FROM refunds_refundline line WHERE line.amount_minor <> line.paid_minor
    UNION ALL
    SELECT id, NULL, 'goodwill', 'Goodwill', 'order', goodwill_minor
    FROM refunds_refund WHERE goodwill_minor <> 0
) part JOIN refunds_refund refund ON refund.id = part.refund_id
LEFT JOIN orders_order o ON o.id = refund.order_id
"""
_FIGURES = """
UPDATE refunds_refund refund SET lines_minor = figures.paid,
    adjustments_minor = refund.amount_minor - refund.shipping_minor - figures.paid
FROM (SELECT refund_id, sum(paid_minor) AS paid FROM refunds_refundline GROUP BY refund_id) figures
WHERE figures.refund_id = refund.id;
UPDATE refunds_refund SET adjustments_minor = goodwill_minor
WHERE NOT EXISTS (SELECT FROM refunds_refundline line WHERE line.refund_id = refunds_refund.id);
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_adjustments"), ("refunds", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="RefundAdjustment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("code", models.CharField(max_length=50, verbose_name="code")),
                ("label", models.CharField(max_length=200, verbose_name="label")),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("line", "a line"),
                            ("shipping", "shipping"),
                            ("order", "the order"),
                        ],
                        max_length=10,
                        verbose_name="meant for",
                    ),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("source", models.CharField(max_length=64, verbose_name="decided by")),
                (
                    "refund",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjustments",
                        to="refunds.refund",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="refunds.refundline",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("scope__in", ["line", "shipping", "order"])),
                        name="refunds_refundadjustment_scope_known",
                    ),
                    models.UniqueConstraint(
                        fields=("refund", "position"), name="refunds_adjustment_position_once"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="refund",
            name="adjustments_minor",
            field=models.BigIntegerField(db_default=0, default=0, verbose_name="adjustments"),
        ),
        migrations.AddField(
            model_name="refundline",
            name="paid_minor",
            field=models.BigIntegerField(default=0, verbose_name="paid for them"),
            preserve_default=False,
        ),
        migrations.RemoveConstraint(model_name="refund", name="refunds_refund_adds_up"),
        migrations.RemoveConstraint(model_name="refund", name="refunds_refund_parts_not_negative"),
        migrations.RemoveConstraint(model_name="refundline", name="refunds_line_not_negative"),
        migrations.RunSQL([_PAID, _PARTS, _FIGURES]),
        migrations.RemoveField(model_name="refund", name="goodwill_minor"),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "amount_minor",
                        models.F("lines_minor")
                        + models.F("shipping_minor")
                        + models.F("adjustments_minor"),
                    )
                ),
                name="refunds_refund_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("lines_minor__gte", 0), ("shipping_minor__gte", 0)),
                name="refunds_refund_parts_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundline",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gte", 0), ("paid_minor__gte", 0)),
                name="refunds_line_not_negative",
            ),
        ),
    ]
