from django.db import migrations, models

CLASSES = ["standard", "intermediate", "reduced", "super_reduced", "parking", "zero"]


class Migration(migrations.Migration):
    dependencies = [("pricing", "0001_initial")]

    operations = [
        migrations.AlterField(
            "taxrate",
            "tax_class",
            models.CharField(
                choices=[
                    ("standard", "standard"),
                    ("intermediate", "intermediate"),
                    ("reduced", "reduced"),
                    ("super_reduced", "super-reduced"),
                    ("parking", "parking rate"),
                    ("zero", "zero"),
                ],
                default="standard",
                max_length=20,
                verbose_name="tax class",
            ),
        ),
        migrations.AddConstraint(
            "taxrate",
            models.CheckConstraint(
                condition=models.Q(tax_class__in=CLASSES), name="pricing_taxrate_tax_class_known"
            ),
        ),
    ]
