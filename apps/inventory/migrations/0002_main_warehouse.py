from django.db import migrations


def make_main_warehouse(apps, schema_editor):
    """A shop begins with one warehouse, so that stock has a place before anybody thinks of places."""
    apps.get_model("inventory", "Warehouse").objects.get_or_create(
        code="main", defaults={"name": "Main warehouse"}
    )


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [migrations.RunPython(make_main_warehouse, migrations.RunPython.noop)]
