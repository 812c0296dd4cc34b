from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0007_difference")]

    operations = [
        # For `LIKE 'x%'`, which nobody asks of this column.
        migrations.RunSQL(
            "DROP INDEX IF EXISTS payments_creditentry_key_bfd30ae8_like", migrations.RunSQL.noop
        ),
    ]
