from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]

    operations = [
        migrations.AddField("JobRow", "content", models.JSONField(null=True)),
        migrations.AddField("Job", "permissions", models.JSONField(default=list, db_default=[])),
    ]
