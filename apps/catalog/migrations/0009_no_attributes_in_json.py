import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_attributes_from_json")]

    operations = [
        migrations.RemoveField("product", "attributes"),
        migrations.RemoveField("attribute", "choices"),
        migrations.AlterField(
            "attributechoice",
            "attribute",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="choices",
                to="catalog.attribute",
            ),
        ),
    ]
