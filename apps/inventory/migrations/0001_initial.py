import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


def make_main_warehouse(apps, schema_editor):
    """A shop begins with one warehouse, so that stock has a place before anybody thinks of places."""
    apps.get_model("inventory", "Warehouse").objects.get_or_create(
        code="main", defaults={"name": "Main warehouse"}
    )


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Warehouse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "country",
                    models.CharField(
                        blank=True,
                        help_text="Two capital letters (ISO 3166); orders to this country are served from here.",
                        max_length=2,
                        validators=[django.core.validators.RegexValidator("^[A-Z]{2}$")],
                        verbose_name="country",
                    ),
                ),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="The lowest number goes first.",
                        verbose_name="priority",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="New orders are promised from active houses only.",
                        verbose_name="active",
                    ),
                ),
            ],
            options={
                "verbose_name": "warehouse",
                "verbose_name_plural": "warehouses",
            },
        ),
        migrations.CreateModel(
            name="StockPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "backorder_limit",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Units that may be promised beyond what is in the house. Empty: none.",
                        null=True,
                        verbose_name="back-orders up to",
                    ),
                ),
                (
                    "low_stock_at",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Announced when the free units fall to this number. Empty: never.",
                        null=True,
                        verbose_name="low stock at",
                    ),
                ),
                (
                    "variant",
                    models.OneToOneField(
                        db_column="sku",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stock_policy",
                        to="catalog.variant",
                        to_field="sku",
                        verbose_name="variant",
                    ),
                ),
            ],
            options={
                "verbose_name": "stock policy",
                "verbose_name_plural": "stock policies",
            },
        ),
        migrations.CreateModel(
            name="StockLevel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("on_hand", models.IntegerField(default=0, verbose_name="on hand")),
                ("reserved", models.IntegerField(default=0, verbose_name="reserved")),
                (
                    "backordered",
                    models.IntegerField(db_default=0, default=0, verbose_name="back-ordered"),
                ),
                (
                    "reported_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="last reported"),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        db_column="sku",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stock_levels",
                        to="catalog.variant",
                        to_field="sku",
                        verbose_name="variant",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="levels",
                        to="inventory.warehouse",
                        verbose_name="warehouse",
                    ),
                ),
            ],
            options={
                "verbose_name": "stock level",
                "verbose_name_plural": "stock levels",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("variant", "warehouse"),
                        name="inventory_stocklevel_one_per_warehouse",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("on_hand__gte", 0)),
                        name="inventory_on_hand_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reserved__gte", 0)),
                        name="inventory_reserved_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reserved__lte", models.F("on_hand"))),
                        name="inventory_reserved_is_on_hand",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("backordered__gte", 0)),
                        name="inventory_backordered_not_negative",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StockDrift",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sku", models.CharField(max_length=64, verbose_name="SKU")),
                (
                    "figure",
                    models.CharField(
                        choices=[
                            ("on_hand", "on hand"),
                            ("reserved", "reserved"),
                            ("backordered", "back-ordered"),
                        ],
                        max_length=20,
                        verbose_name="figure",
                    ),
                ),
                ("recorded", models.BigIntegerField(verbose_name="recorded")),
                ("computed", models.BigIntegerField(verbose_name="computed")),
                ("found_at", models.DateTimeField(verbose_name="found")),
                ("seen_at", models.DateTimeField(verbose_name="last seen")),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled")),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="settled by",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drifts",
                        to="inventory.warehouse",
                        verbose_name="warehouse",
                    ),
                ),
            ],
            options={
                "verbose_name": "stock drift",
                "verbose_name_plural": "stock drifts",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("figure__in", ["on_hand", "reserved", "backordered"])),
                        name="inventory_stockdrift_figure_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("settled_at", None)),
                        fields=("sku", "warehouse", "figure"),
                        name="inventory_stockdrift_open_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reservation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.UUIDField(verbose_name="order")),
                ("sku", models.CharField(max_length=64, verbose_name="SKU")),
                ("quantity", models.PositiveIntegerField(verbose_name="quantity")),
                (
                    "backordered",
                    models.PositiveIntegerField(
                        db_default=0, default=0, verbose_name="back-ordered"
                    ),
                ),
                (
                    "shipped",
                    models.PositiveIntegerField(db_default=0, default=0, verbose_name="shipped"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="expires")),
                (
                    "released_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="released"),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reservations",
                        to="inventory.warehouse",
                        verbose_name="warehouse",
                    ),
                ),
            ],
            options={
                "verbose_name": "reservation",
                "verbose_name_plural": "reservations",
                "indexes": [
                    models.Index(fields=["reference"], name="inventory_reservation_by_order"),
                    models.Index(
                        condition=models.Q(
                            ("expires_at__isnull", False), ("released_at__isnull", True)
                        ),
                        fields=["expires_at"],
                        name="inventory_reservation_expiring",
                    ),
                    models.Index(
                        condition=models.Q(("released_at__isnull", True)),
                        fields=["sku", "warehouse"],
                        name="inventory_reservation_open",
                    ),
                    django.contrib.postgres.indexes.BrinIndex(
                        fields=["created_at"], name="inventory_reservation_by_time"
                    ),
                    django.contrib.postgres.indexes.BrinIndex(
                        fields=["released_at"], name="inventory_reservation_by_end"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("released_at", None)),
                        fields=("reference", "sku", "warehouse"),
                        name="inventory_reservation_open_once_per_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)),
                        name="inventory_reservation_of_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "quantity__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("shipped"), "+", models.F("backordered")
                                ),
                            )
                        ),
                        name="inventory_reservation_parts_within_quantity",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Movement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sku", models.CharField(max_length=64, verbose_name="SKU")),
                ("quantity", models.IntegerField(verbose_name="change")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("opening", "opening stock"),
                            ("received", "goods received"),
                            ("returned", "returned by a customer"),
                            ("shipped", "shipped"),
                            ("counted", "stock count"),
                            ("written_off", "written off"),
                            ("reported", "reported by a partner"),
                        ],
                        max_length=20,
                        verbose_name="reason",
                    ),
                ),
                (
                    "reference",
                    models.CharField(blank=True, max_length=130, verbose_name="reference"),
                ),
                (
                    "note",
                    models.CharField(
                        blank=True, db_default="", max_length=200, verbose_name="note"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="inventory.warehouse",
                        verbose_name="warehouse",
                    ),
                ),
            ],
            options={
                "verbose_name": "movement",
                "verbose_name_plural": "movements",
                "indexes": [
                    models.Index(
                        condition=models.Q(("reference", ""), _negated=True),
                        fields=["reference"],
                        name="inventory_movement_reference",
                    ),
                    models.Index(fields=["sku", "warehouse"], name="inventory_movement_by_level"),
                    django.contrib.postgres.indexes.BrinIndex(
                        fields=["created_at"], name="inventory_movement_by_time"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "reason__in",
                                [
                                    "opening",
                                    "received",
                                    "returned",
                                    "shipped",
                                    "counted",
                                    "written_off",
                                    "reported",
                                ],
                            )
                        ),
                        name="inventory_movement_reason_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("reference", ""), _negated=True),
                        fields=("sku", "warehouse", "reason", "reference"),
                        name="inventory_movement_once_per_reference",
                    ),
                ],
            },
        ),
        migrations.RunPython(make_main_warehouse, migrations.RunPython.noop),
    ]
