from django.db import migrations


class Migration(migrations.Migration):
    """Django also indexes unique texts for `LIKE 'x%'`, which nobody asks of this column."""

    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "DROP INDEX IF EXISTS orders_order_number_abc9e0f2_like", migrations.RunSQL.noop
        ),
    ]
