from django.db import migrations


class Migration(migrations.Migration):
    """Django also indexes unique texts for `LIKE 'x%'`, which nobody asks of this column."""

    dependencies = [("deadletters", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "DROP INDEX IF EXISTS deadletters_taskfailure_task_id_e0ae2766_like",
            migrations.RunSQL.noop,
        ),
    ]
