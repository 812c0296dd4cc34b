from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="SentInvoice",
            fields=[
                ("order_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("sent_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
    ]
