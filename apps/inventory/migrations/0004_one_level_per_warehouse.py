import django.db.models.deletion
from django.db import migrations, models


def house(related_name):
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT,
        related_name=related_name,
        to="inventory.warehouse",
        verbose_name="warehouse",
    )


class Migration(migrations.Migration):
    """Nothing is kept, promised or moved without a house any more."""

    dependencies = [("inventory", "0003_main_warehouse")]

    operations = [
        migrations.AlterField("stocklevel", "warehouse", house("levels")),
        migrations.AlterField("reservation", "warehouse", house("reservations")),
        migrations.AlterField("movement", "warehouse", house("movements")),
        migrations.AlterField(
            "stocklevel",
            "variant",
            models.ForeignKey(
                db_column="sku",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="stock_levels",
                to="catalog.variant",
                to_field="sku",
                verbose_name="variant",
            ),
        ),
        migrations.AddConstraint(
            "stocklevel",
            models.UniqueConstraint(
                fields=("variant", "warehouse"), name="inventory_stocklevel_one_per_warehouse"
            ),
        ),
        migrations.RemoveConstraint("reservation", "inventory_reservation_once_per_order"),
        migrations.AddConstraint(
            "reservation",
            models.UniqueConstraint(
                condition=models.Q(("released_at", None)),
                fields=("reference", "sku", "warehouse"),
                name="inventory_reservation_open_once_per_order",
            ),
        ),
        migrations.AddIndex(
            "reservation",
            models.Index(fields=["reference"], name="inventory_reservation_by_order"),
        ),
        migrations.AddIndex(
            "reservation",
            models.Index(
                condition=models.Q(("backordered__gt", 0), ("released_at__isnull", True)),
                fields=["sku", "warehouse"],
                name="inventory_reservation_waiting",
            ),
        ),
        migrations.RemoveConstraint("movement", "inventory_movement_once_per_reference"),
        migrations.AddConstraint(
            "movement",
            models.UniqueConstraint(
                condition=models.Q(("reference", ""), _negated=True),
                fields=("sku", "warehouse", "reason", "reference"),
                name="inventory_movement_once_per_reference",
            ),
        ),
        migrations.AddIndex(
            "movement",
            models.Index(
                condition=models.Q(("reference", ""), _negated=True),
                fields=["reference"],
                name="inventory_movement_reference",
            ),
        ),
    ]
