from django.db import migrations, models


class Migration(migrations.Migration):
    """An event stays in the shop unless its class says otherwise, so no row is public by default."""

    dependencies = [("events", "0001_initial")]

    operations = [
        migrations.AlterField("outboxmessage", "is_public", models.BooleanField()),
    ]
