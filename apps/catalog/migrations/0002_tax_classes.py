from django.db import migrations, models

CLASSES = ["standard", "intermediate", "reduced", "super_reduced", "parking", "zero"]


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.AlterField(
            "variant",
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
            "variant",
            models.CheckConstraint(
                condition=models.Q(tax_class__in=CLASSES), name="catalog_variant_tax_class_known"
            ),
        ),
    ]
