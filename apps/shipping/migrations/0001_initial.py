import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


def leave_out_index(apps, schema_editor):
    """Django also indexes unique texts for `LIKE 'x%'`, which nobody asks of this column."""
    schema_editor.deferred_sql = [
        one
        for one in schema_editor.deferred_sql
        if "shipping_shipment_number_6aabebda_like" not in str(one)
    ]


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("orders", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Zone",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "countries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2),
                        size=None,
                        verbose_name="countries",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Shipment",
            fields=[
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("position", models.PositiveSmallIntegerField(verbose_name="position")),
                ("number", models.CharField(max_length=25, unique=True, verbose_name="number")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting for goods"),
                            ("requested", "requested"),
                            ("accepted", "accepted"),
                            ("picked", "picked"),
                            ("shipped", "shipped"),
                            ("delivered", "delivered"),
                            ("failed", "failed"),
                            ("overdue", "overdue"),
                            ("withdrawn", "withdrawn"),
                        ],
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("warehouse", models.CharField(max_length=50, verbose_name="warehouse")),
                ("carrier", models.CharField(blank=True, max_length=50, verbose_name="carrier")),
                (
                    "tracking_number",
                    models.CharField(blank=True, max_length=100, verbose_name="tracking number"),
                ),
                (
                    "tracking_url",
                    models.CharField(blank=True, max_length=500, verbose_name="tracking page"),
                ),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                (
                    "requested_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="requested"),
                ),
                ("due_at", models.DateTimeField(blank=True, null=True, verbose_name="due")),
                ("shipped_at", models.DateTimeField(blank=True, null=True, verbose_name="shipped")),
                (
                    "delivered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="delivered"),
                ),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shipments",
                        to="orders.order",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FulfilmentCallback",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("status", models.CharField(max_length=10, verbose_name="status told")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("applied", "applied"),
                            ("ignored", "nothing new"),
                            ("late", "too late"),
                            ("conflict", "conflict"),
                        ],
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("occurred_at", models.DateTimeField(verbose_name="occurred")),
                ("received_at", models.DateTimeField(auto_now_add=True, verbose_name="received")),
                ("payload", models.JSONField()),
                (
                    "shipment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="callbacks",
                        to="shipping.shipment",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ShipmentLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveIntegerField(verbose_name="quantity")),
                (
                    "order_line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shipment_lines",
                        to="orders.orderline",
                    ),
                ),
                (
                    "shipment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="shipping.shipment",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Method",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField()),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "promise",
                    models.CharField(blank=True, max_length=100, verbose_name="delivery promise"),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "zone",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="methods",
                        to="shipping.zone",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Rate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("max_weight_grams", models.PositiveIntegerField(verbose_name="up to grams")),
                (
                    "min_amount_minor",
                    models.BigIntegerField(default=0, verbose_name="from order amount"),
                ),
                ("price_minor", models.BigIntegerField(verbose_name="price")),
                (
                    "method",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rates",
                        to="shipping.method",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("method", "currency", "max_weight_grams", "min_amount_minor"),
                        name="shipping_rate_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("price_minor__gte", 0)),
                        name="shipping_rate_not_negative",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="shipment",
            index=models.Index(
                condition=models.Q(
                    ("status__in", ["accepted", "picked", "requested", "shipped", "waiting"])
                ),
                fields=["due_at"],
                name="shipping_shipment_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="shipment",
            constraint=models.UniqueConstraint(
                fields=("order", "position"), name="shipping_shipment_position_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="shipment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "waiting",
                            "requested",
                            "accepted",
                            "picked",
                            "shipped",
                            "delivered",
                            "failed",
                            "overdue",
                            "withdrawn",
                        ],
                    )
                ),
                name="shipping_shipment_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="shipment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["shipped", "delivered"]), _negated=True),
                    ("shipped_at__isnull", False),
                    _connector="OR",
                ),
                name="shipping_shipment_left_before_it_arrived",
            ),
        ),
        migrations.AddConstraint(
            model_name="shipment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "delivered"), _negated=True),
                    ("delivered_at__isnull", False),
                    _connector="OR",
                ),
                name="shipping_shipment_delivered_has_delivered_at",
            ),
        ),
        migrations.AddIndex(
            model_name="fulfilmentcallback",
            index=models.Index(fields=["-received_at"], name="shipping_callback_newest"),
        ),
        migrations.AddConstraint(
            model_name="fulfilmentcallback",
            constraint=models.CheckConstraint(
                condition=models.Q(("verdict__in", ["applied", "ignored", "late", "conflict"])),
                name="shipping_fulfilmentcallback_verdict_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="shipmentline",
            constraint=models.UniqueConstraint(
                fields=("shipment", "order_line"), name="shipping_line_once_per_shipment"
            ),
        ),
        migrations.AddConstraint(
            model_name="shipmentline",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="shipping_line_of_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="method",
            constraint=models.UniqueConstraint(
                fields=("zone", "code"), name="shipping_method_code_in_zone"
            ),
        ),
        migrations.RunPython(leave_out_index, migrations.RunPython.noop),
    ]
