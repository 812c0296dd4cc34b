import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Market",
            fields=[
                ("code", models.SlugField(max_length=10, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "tax_included",
                    models.BooleanField(default=True, verbose_name="prices contain tax"),
                ),
                (
                    "countries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2),
                        size=None,
                        verbose_name="countries",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="TaxRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("country", models.CharField(max_length=2, verbose_name="country")),
                (
                    "region",
                    models.CharField(
                        blank=True,
                        db_default="",
                        help_text="As in addresses, such as CA. Empty: all of the country.",
                        max_length=100,
                        verbose_name="region",
                    ),
                ),
                (
                    "postcodes",
                    models.CharField(
                        blank=True,
                        db_default="",
                        help_text="First characters, or a range of them, such as 35, 9500..9999. Empty: all.",
                        max_length=200,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^(?:[0-9A-Z]+(?:\\.\\.[0-9A-Z]+)?(?:, ?[0-9A-Z]+(?:\\.\\.[0-9A-Z]+)?)*)?$"
                            )
                        ],
                        verbose_name="postcodes",
                    ),
                ),
                (
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
                ("rate", models.DecimalField(decimal_places=5, max_digits=6, verbose_name="rate")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("country", "tax_class", "region", "postcodes"),
                        name="pricing_taxrate_one_per_part",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "tax_class__in",
                                [
                                    "standard",
                                    "intermediate",
                                    "reduced",
                                    "super_reduced",
                                    "parking",
                                    "zero",
                                ],
                            )
                        ),
                        name="pricing_taxrate_tax_class_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rate__gte", 0), ("rate__lt", 1)),
                        name="pricing_taxrate_sane",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Price",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "amount",
                    models.DecimalField(decimal_places=4, max_digits=14, verbose_name="amount"),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        db_column="sku",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="prices",
                        to="catalog.variant",
                        to_field="sku",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("variant", "currency"), name="pricing_price_one_per_currency"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0)), name="pricing_price_not_negative"
                    ),
                ],
            },
        ),
    ]
