from django.db import migrations


class Migration(migrations.Migration):
    """Django also indexes unique texts for `LIKE 'x%'`, which nobody asks of this column."""

    dependencies = [("cart", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "DROP INDEX IF EXISTS cart_cartline_sku_972fdffd_like", migrations.RunSQL.noop
        ),
    ]
