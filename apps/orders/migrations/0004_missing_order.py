from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0003_shipping_tax_rate"),
    ]

    operations = [
        migrations.CreateModel(
            name="MissingOrder",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=20, verbose_name="number")),
                ("accepted_at", models.DateTimeField(verbose_name="accepted")),
                ("looked_at", models.DateTimeField(verbose_name="looked for")),
                ("noticed_at", models.DateTimeField(blank=True, null=True, verbose_name="missed")),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="settled")),
                ("settled_by", models.BigIntegerField(blank=True, null=True, verbose_name="by")),
            ],
            options={
                "verbose_name": "missing order",
                "verbose_name_plural": "missing orders",
                "indexes": [
                    models.Index(
                        condition=models.Q(("settled_at__isnull", True)),
                        fields=["accepted_at"],
                        name="orders_missing_open",
                    )
                ],
            },
        ),
    ]
