import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def house(related_name):
    return models.ForeignKey(
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name=related_name,
        to="inventory.warehouse",
        verbose_name="warehouse",
    )


class Migration(migrations.Migration):
    """What is new beside what is there: code that knows no warehouse goes on working."""

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("catalog", "0001_initial"),
        ("inventory", "0001_initial"),
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
            options={"verbose_name": "warehouse", "verbose_name_plural": "warehouses"},
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
            options={"verbose_name": "stock policy", "verbose_name_plural": "stock policies"},
        ),
        migrations.AlterModelOptions(
            name="movement",
            options={"verbose_name": "movement", "verbose_name_plural": "movements"},
        ),
        migrations.AlterModelOptions(
            name="reservation",
            options={"verbose_name": "reservation", "verbose_name_plural": "reservations"},
        ),
        migrations.AlterModelOptions(
            name="stocklevel",
            options={"verbose_name": "stock level", "verbose_name_plural": "stock levels"},
        ),
        migrations.AddField("stocklevel", "warehouse", house("levels")),
        migrations.AddField("reservation", "warehouse", house("reservations")),
        migrations.AddField("movement", "warehouse", house("movements")),
        migrations.AddField(
            "stocklevel",
            "backordered",
            models.IntegerField(db_default=0, default=0, verbose_name="back-ordered"),
        ),
        migrations.AddField(
            "stocklevel",
            "reported_at",
            models.DateTimeField(blank=True, null=True, verbose_name="last reported"),
        ),
        migrations.AddField(
            "reservation",
            "backordered",
            models.PositiveIntegerField(db_default=0, default=0, verbose_name="back-ordered"),
        ),
        migrations.AddField(
            "reservation",
            "shipped",
            models.PositiveIntegerField(db_default=0, default=0, verbose_name="shipped"),
        ),
        migrations.AddField(
            "movement",
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
        migrations.AddField(
            "movement",
            "note",
            models.CharField(blank=True, db_default="", max_length=200, verbose_name="note"),
        ),
        migrations.AlterField(
            "movement",
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
        migrations.AddConstraint(
            "stocklevel",
            models.CheckConstraint(
                condition=models.Q(("backordered__gte", 0)),
                name="inventory_backordered_not_negative",
            ),
        ),
        migrations.AddConstraint(
            "reservation",
            models.CheckConstraint(
                condition=models.Q(
                    (
                        "quantity__gte",
                        models.expressions.CombinedExpression(
                            models.F("shipped"), "+", models.F("backordered")
                        ),
                    )
                ),
                name="inventory_reservation_parts_within_quantity",
            ),
        ),
    ]
