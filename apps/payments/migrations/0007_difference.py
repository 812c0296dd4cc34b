import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0006_discrepancies")]

    operations = [
        migrations.RenameModel(old_name="Discrepancy", new_name="Difference"),
        migrations.AlterField(
            model_name="difference",
            name="payment",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="differences",
                to="payments.payment",
                verbose_name="payment",
            ),
        ),
        migrations.RenameIndex(
            model_name="difference",
            old_name="payments_discrepancy_open",
            new_name="payments_difference_open",
        ),
        migrations.RemoveConstraint(
            model_name="difference", name="payments_discrepancy_noted_once"
        ),
        migrations.AddConstraint(
            model_name="difference",
            constraint=models.UniqueConstraint(
                fields=["gateway", "gateway_reference", "kind"],
                name="payments_difference_noted_once",
            ),
        ),
    ]
