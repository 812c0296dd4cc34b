import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_options_from_json")]

    operations = [
        migrations.RemoveField("variant", "options"),
        migrations.AddConstraint(
            "variant",
            models.UniqueConstraint(
                deferrable=models.Deferrable.DEFERRED,
                fields=("product", "combination"),
                name="catalog_variant_combination_once",
            ),
        ),
        migrations.AlterField(
            "variant",
            "product",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="variants",
                to="catalog.product",
            ),
        ),
    ]
