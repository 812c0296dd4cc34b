from django.db import migrations


class Migration(migrations.Migration):
    """Django also indexes unique texts for `LIKE 'x%'`, which nobody asks of this column."""

    dependencies = [("invoicing", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "DROP INDEX IF EXISTS invoicing_document_label_e9799c1f_like", migrations.RunSQL.noop
        ),
    ]
