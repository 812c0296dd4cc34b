from django.db import migrations


class Migration(migrations.Migration):
    """Django also indexes unique texts for `LIKE 'x%'`, which nobody asks of this column."""

    dependencies = [("payments", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "DROP INDEX IF EXISTS payments_creditentry_key_bfd30ae8_like", migrations.RunSQL.noop
        ),
    ]
