from django.db import migrations, models


class Migration(migrations.Migration):
    """Each message goes by one channel; those that there are went by mail."""

    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="channel",
            field=models.CharField(db_default="mail", max_length=20, verbose_name="channel"),
        ),
        migrations.AlterField(
            model_name="message",
            name="recipient",
            field=models.CharField(max_length=254, verbose_name="recipient"),
        ),
        migrations.RemoveConstraint(
            model_name="message", name="notifications_message_once_per_kind"
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(
                fields=["kind", "reference", "channel"], name="notifications_message_once_per_kind"
            ),
        ),
    ]
