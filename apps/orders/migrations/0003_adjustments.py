import django.db.models.deletion
from django.db import migrations, models

# Each line with what it came to after its own discount, and of the order's discount what was not its lines':
# it is divided by that, rounded cumulatively with halves up, and all of it goes to the first line where the
# lines come to nothing. What is more than the goods is taken off the shipping.
_PARTS = """
CREATE TEMPORARY TABLE parts ON COMMIT DROP AS
WITH goods AS (
    SELECT line.id, line.order_id, line.position, line.discount_minor AS own, o.discount_minor AS whole,
        (line.amount_minor - line.discount_minor)::numeric AS good,
        sum(line.amount_minor - line.discount_minor) OVER ordered AS upto,
        sum(line.amount_minor - line.discount_minor) OVER alike AS goods,
        sum(line.discount_minor) OVER alike AS owned
    FROM orders_orderline line JOIN orders_order o ON o.id = line.order_id
    WHERE o.discount_minor <> 0
    WINDOW alike AS (PARTITION BY line.order_id),
        ordered AS (PARTITION BY line.order_id ORDER BY line.position)
), shares AS (
    SELECT *, greatest(least(whole - owned, goods), 0) AS unspread FROM goods
), cuts AS (
    SELECT *, CASE WHEN goods = 0 THEN 0 ELSE
        div(2 * unspread * upto + goods, 2 * goods)
        - div(2 * unspread * (upto - good) + goods, 2 * goods) END AS cut
    FROM shares
)
SELECT order_id, id AS line_id, position, 'line' AS scope, own AS minor FROM cuts WHERE own <> 0
UNION ALL
SELECT order_id, id, position, 'order', cut FROM cuts WHERE cut <> 0
UNION ALL
SELECT o.id, NULL, NULL, 'order', o.discount_minor - coalesce(sum(cuts.own + cuts.cut), 0)
FROM orders_order o LEFT JOIN cuts ON cuts.order_id = o.id
WHERE o.discount_minor <> 0
GROUP BY o.id HAVING o.discount_minor <> coalesce(sum(cuts.own + cuts.cut), 0)
"""
_ADJUSTMENTS = """
INSERT INTO orders_orderadjustment (order_id, line_id, position, code, label, scope, amount_minor,
    currency, reason, source)
SELECT o.id, line_id,
    row_number() OVER (PARTITION BY o.id ORDER BY position NULLS LAST, scope) - 1, 'discount',
    CASE o.language WHEN 'de' THEN 'Rabatt' ELSE 'Discount' END, scope, -minor, o.currency, '',
    CASE o.channel WHEN 'import' THEN 'import' ELSE 'unknown' END
FROM parts JOIN orders_order o ON o.id = parts.order_id
"""
_FIGURES = """
UPDATE orders_order SET adjustments_minor = -discount_minor WHERE discount_minor <> 0;
UPDATE orders_orderline SET list_price = unit_price, paid_minor = amount_minor;
UPDATE orders_orderline line SET paid_minor = line.amount_minor - borne.minor
FROM (SELECT line_id, sum(minor) AS minor FROM parts GROUP BY line_id) borne
WHERE borne.line_id = line.id;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_no_index_twice")]

    operations = [
        migrations.CreateModel(
            name="OrderAdjustment",
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
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjustments",
                        to="orders.order",
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
                        to="orders.orderline",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("scope__in", ["line", "shipping", "order"])),
                        name="orders_orderadjustment_scope_known",
                    ),
                    models.UniqueConstraint(
                        fields=("order", "position"), name="orders_adjustment_position_once"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="order",
            name="adjustments_minor",
            field=models.BigIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="orderline",
            name="list_price",
            field=models.DecimalField(
                decimal_places=4, default=0, max_digits=14, verbose_name="list price"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="orderline",
            name="paid_minor",
            field=models.BigIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.RunSQL([_PARTS, _ADJUSTMENTS, _FIGURES]),
        migrations.RemoveConstraint(model_name="order", name="orders_order_adds_up"),
        migrations.RemoveConstraint(
            model_name="orderline", name="orders_line_amounts_not_negative"
        ),
        migrations.RemoveField(model_name="order", name="discount_minor"),
        migrations.RemoveField(model_name="orderline", name="discount_minor"),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total_minor",
                        models.F("lines_minor")
                        + models.F("shipping_minor")
                        + models.F("tax_minor")
                        + models.F("adjustments_minor"),
                    )
                ),
                name="orders_order_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_minor__gte", 0),
                    ("tax_minor__gte", 0),
                    ("paid_minor__gte", 0),
                    ("list_price__gte", 0),
                ),
                name="orders_line_amounts_not_negative",
            ),
        ),
    ]
