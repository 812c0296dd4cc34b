from django.db import migrations


class Migration(migrations.Migration):
    """Django also indexes unique texts for `LIKE 'x%'`, which nobody asks of this column."""

    dependencies = [("events", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "DROP INDEX IF EXISTS events_taskfailure_task_id_cf4bf90b_like", migrations.RunSQL.noop
        ),
    ]
