import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_combinations_are_unique")]

    operations = [
        migrations.AddField(
            "attribute",
            "is_facet",
            models.BooleanField(
                default=False, help_text="Shoppers may filter by it.", verbose_name="filter"
            ),
        ),
        migrations.CreateModel(
            name="AttributeChoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(max_length=100)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                (
                    "attribute",
                    # The name of the way back is taken by the column that this replaces.
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.attribute",
                    ),
                ),
            ],
            options={
                "verbose_name": "choice",
                "verbose_name_plural": "choices",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("attribute", "code"), name="catalog_attributechoice_code_once"
                    ),
                    models.UniqueConstraint(
                        fields=("attribute", "name"), name="catalog_attributechoice_name_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProductAttribute",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(blank=True, max_length=500)),
                (
                    "number",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True),
                ),
                ("is_true", models.BooleanField(blank=True, null=True)),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attribute_values",
                        to="catalog.product",
                    ),
                ),
                (
                    "attribute",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="catalog.attribute"
                    ),
                ),
                (
                    "choice",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="catalog.attributechoice",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product", "attribute"),
                        name="catalog_productattribute_once_per_product",
                    ),
                    models.CheckConstraint(
                        condition=(
                            ~models.Q(text="")
                            & models.Q(number=None, is_true__isnull=True, choice=None)
                            | models.Q(
                                text="", number__isnull=False, is_true__isnull=True, choice=None
                            )
                            | models.Q(text="", number=None, is_true__isnull=False, choice=None)
                            | models.Q(
                                text="", number=None, is_true__isnull=True, choice__isnull=False
                            )
                        ),
                        name="catalog_productattribute_one_value",
                    ),
                ],
            },
        ),
    ]
