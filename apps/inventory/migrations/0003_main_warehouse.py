from django.db import migrations


def put_in_main_warehouse(apps, schema_editor):
    """What was kept in the one house there was is kept in the house `main`."""
    main, _ = apps.get_model("inventory", "Warehouse").objects.get_or_create(
        code="main", defaults={"name": "Main warehouse"}
    )
    for name in ("StockLevel", "Reservation", "Movement"):
        apps.get_model("inventory", name).objects.filter(warehouse=None).update(warehouse=main)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_warehouses")]

    operations = [migrations.RunPython(put_in_main_warehouse, migrations.RunPython.noop)]
