import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


def leave_out_index(apps, schema_editor):
    """Django also indexes unique texts for `LIKE 'x%'`, which nobody asks of this column."""
    schema_editor.deferred_sql = [
        one
        for one in schema_editor.deferred_sql
        if "orders_order_number_abc9e0f2_like" not in str(one)
    ]


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MissingOrder",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=20, verbose_name="number")),
                ("accepted_at", models.DateTimeField(verbose_name="accepted")),
                ("looked_at", models.DateTimeField(verbose_name="looked for")),
                ("noticed_at", models.DateTimeField(blank=True, null=True, verbose_name="missed")),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled")),
                ("settled_by", models.BigIntegerField(blank=True, null=True, verbose_name="by")),
            ],
            options={
                "verbose_name": "missing order",
                "verbose_name_plural": "missing orders",
                "indexes": [
                    models.Index(
                        condition=models.Q(("settled_at__isnull", True)),
                        fields=["accepted_at"],
                        name="orders_missing_open",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=20, unique=True, verbose_name="number")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("placed", "placed"),
                            ("awaiting_payment", "awaiting payment"),
                            ("awaiting_approval", "awaiting approval"),
                            ("paid", "paid"),
                            ("completed", "completed"),
                            ("rejected", "rejected"),
                            ("cancelled", "cancelled"),
                        ],
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=50, verbose_name="reason")),
                ("reason_details", models.JSONField(blank=True, default=dict)),
                ("version", models.PositiveIntegerField(default=1)),
                ("channel", models.CharField(max_length=20, verbose_name="channel")),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                ("language", models.CharField(max_length=10, verbose_name="language")),
                ("market", models.CharField(max_length=10, verbose_name="market")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("tax_included", models.BooleanField()),
                ("lines_minor", models.BigIntegerField()),
                ("shipping_minor", models.BigIntegerField()),
                ("tax_minor", models.BigIntegerField()),
                ("adjustments_minor", models.BigIntegerField()),
                ("total_minor", models.BigIntegerField()),
                ("address", models.JSONField(verbose_name="address")),
                ("shipping_method", models.CharField(max_length=50)),
                ("shipping_name", models.CharField(max_length=100, verbose_name="shipping method")),
                (
                    "shipping_tax_rate",
                    models.DecimalField(blank=True, decimal_places=5, max_digits=6, null=True),
                ),
                ("cart_id", models.UUIDField(blank=True, null=True)),
                ("cart_version", models.PositiveIntegerField(blank=True, null=True)),
                ("fingerprint", models.CharField(max_length=64)),
                ("accepted_at", models.DateTimeField(verbose_name="accepted")),
                (
                    "pay_by",
                    models.DateTimeField(blank=True, null=True, verbose_name="to be paid by"),
                ),
                ("action_url", models.CharField(blank=True, max_length=500)),
                (
                    "approve_by",
                    models.DateTimeField(blank=True, null=True, verbose_name="to be approved by"),
                ),
                (
                    "approved_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="approved"),
                ),
                ("paid_at", models.DateTimeField(blank=True, null=True, verbose_name="paid")),
                (
                    "erasure_asked_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="erasure asked for"),
                ),
                ("erased_at", models.DateTimeField(blank=True, null=True, verbose_name="erased")),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "permissions": [("approve_order", "Can approve orders above the limit")],
            },
        ),
        migrations.CreateModel(
            name="OrderLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("sku", models.CharField(max_length=64, verbose_name="SKU")),
                ("title", models.CharField(max_length=200, verbose_name="item")),
                ("options", models.CharField(blank=True, max_length=200)),
                ("quantity", models.PositiveIntegerField(verbose_name="quantity")),
                (
                    "list_price",
                    models.DecimalField(decimal_places=4, max_digits=14, verbose_name="list price"),
                ),
                (
                    "unit_price",
                    models.DecimalField(decimal_places=4, max_digits=14, verbose_name="unit price"),
                ),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("paid_minor", models.BigIntegerField()),
                ("tax_minor", models.BigIntegerField()),
                (
                    "tax_rate",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=6),
                ),
                ("stocked", models.BooleanField(default=True)),
                (
                    "shipped_quantity",
                    models.PositiveIntegerField(db_default=0, default=0, verbose_name="shipped"),
                ),
                (
                    "cancelled_quantity",
                    models.PositiveIntegerField(db_default=0, default=0, verbose_name="cancelled"),
                ),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="orders.order",
                    ),
                ),
            ],
        ),
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
            },
        ),
        migrations.CreateModel(
            name="PlacementConflict",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("fingerprint", models.CharField(max_length=64)),
                ("gateway", models.CharField(max_length=100, verbose_name="ways to pay")),
                ("accepted_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conflicts",
                        to="orders.order",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["customer", "-accepted_at"], name="orders_order_by_customer"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["-accepted_at", "-id"], name="orders_order_newest"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                django.db.models.functions.text.Upper("email"), name="orders_order_by_email"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("status", "awaiting_payment")),
                fields=["pay_by"],
                name="orders_order_unpaid",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("status", "awaiting_approval")),
                fields=["approve_by"],
                name="orders_order_unapproved",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("status", "placed")),
                fields=["created_at"],
                name="orders_order_unfinished",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("erased_at__isnull", False)),
                fields=["id"],
                name="orders_order_erased",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("erased_at", None), ("erasure_asked_at__isnull", False)),
                fields=["id"],
                name="orders_order_to_erase",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "placed",
                            "awaiting_payment",
                            "awaiting_approval",
                            "paid",
                            "completed",
                            "rejected",
                            "cancelled",
                        ],
                    )
                ),
                name="orders_order_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total_minor",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("lines_minor"), "+", models.F("shipping_minor")
                                ),
                                "+",
                                models.F("tax_minor"),
                            ),
                            "+",
                            models.F("adjustments_minor"),
                        ),
                    )
                ),
                name="orders_order_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("total_minor__gte", 0)), name="orders_order_total_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["paid", "completed"]), _negated=True),
                    ("paid_at__isnull", False),
                    _connector="OR",
                ),
                name="orders_order_paid_has_paid_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["rejected", "cancelled"]), _negated=True),
                fields=("cart_id", "cart_version"),
                name="orders_order_one_per_cart_version",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.UniqueConstraint(
                fields=("order", "position"), name="orders_line_position_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="orders_line_of_something"
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
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "quantity__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("shipped_quantity"), "+", models.F("cancelled_quantity")
                        ),
                    )
                ),
                name="orders_line_ships_no_more_than_sold",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderadjustment",
            constraint=models.CheckConstraint(
                condition=models.Q(("scope__in", ["line", "shipping", "order"])),
                name="orders_orderadjustment_scope_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderadjustment",
            constraint=models.UniqueConstraint(
                fields=("order", "position"), name="orders_adjustment_position_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="placementconflict",
            constraint=models.UniqueConstraint(
                fields=("order", "fingerprint"), name="orders_conflict_recorded_once"
            ),
        ),
        migrations.RunPython(leave_out_index, migrations.RunPython.noop),
    ]
