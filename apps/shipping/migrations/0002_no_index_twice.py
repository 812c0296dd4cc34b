from django.db import migrations


class Migration(migrations.Migration):
    """Django also indexes unique texts for `LIKE 'x%'`, which nobody asks of this column."""

    dependencies = [("shipping", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "DROP INDEX IF EXISTS shipping_shipment_number_6aabebda_like", migrations.RunSQL.noop
        ),
    ]
