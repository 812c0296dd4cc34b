"""What is bought."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import LPad
from django.utils.translation import gettext_lazy as _

from apps.catalog.models.products import Product
from apps.catalog.rules import without_noughts
from apps.catalog.types import Pack, PackUnit, TaxClass
from apps.core.models import TimeStampedModel, Translated, folded

TAX_CLASS_LABELS = (
    (TaxClass.STANDARD.value, _("standard")),
    (TaxClass.INTERMEDIATE.value, _("intermediate")),
    (TaxClass.REDUCED.value, _("reduced")),
    (TaxClass.SUPER_REDUCED.value, _("super-reduced")),
    (TaxClass.PARKING.value, _("parking rate")),
    (TaxClass.ZERO.value, _("zero")),
)
_UNITS = (
    (PackUnit.MILLILITRE.value, _("ml")),
    (PackUnit.LITRE.value, _("l")),
    (PackUnit.GRAM.value, _("g")),
    (PackUnit.KILOGRAM.value, _("kg")),
    (PackUnit.METRE.value, _("m")),
    (PackUnit.SQUARE_METRE.value, _("m²")),
    (PackUnit.PIECE.value, _("piece")),
)


class Option(Translated):
    """Along what variants may differ: size, scent, colour. Defined once for the whole shop."""

    translated = ("name",)

    code = models.SlugField(max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=60, unique=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("option")
        verbose_name_plural = _("options")

    def __str__(self) -> str:
        return self.name


class OptionValue(Translated):
    """What can be chosen of an option, in the order in which it is offered: 500 ml, 1 l, 5 l."""

    translated = ("name",)
    translation_key = ("option__code", "code")

    option = models.ForeignKey(
        Option, on_delete=models.CASCADE, related_name="values", db_index=False
    )
    code = models.SlugField(max_length=64)
    # Three of them have room in a line of an order.
    name = models.CharField(_("name"), max_length=64)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("option value")
        verbose_name_plural = _("option values")
        constraints = [
            models.UniqueConstraint(
                fields=["option", "code"], name="catalog_optionvalue_code_once_in_option"
            ),
            models.UniqueConstraint(
                fields=["option", "name"], name="catalog_optionvalue_name_once_in_option"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProductOption(models.Model):
    """That the variants of a product differ along an option; in order of position."""

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="options", db_index=False
    )
    option = models.ForeignKey(Option, on_delete=models.PROTECT)
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "option"], name="catalog_productoption_once_per_product"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.option_id}"


class Variant(Translated, TimeStampedModel):
    """One thing with one SKU that can be put into a cart.

    `combination` and `option_text` say once more what its `VariantOption` rows say: the ids of the values
    in the order of the product's options, which makes a combination unique, and their names, which
    lists show without asking for more. `services.set_options` keeps them.
    """

    translated = ("option_text",)
    # Made of the translations of its values, and of no file.
    translation_key = ()
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="variants", db_index=False
    )
    sku = models.CharField(_("SKU"), max_length=64, unique=True)
    combination = ArrayField(models.BigIntegerField(), default=list, db_default=[], editable=False)
    option_text = models.CharField(
        _("options"), max_length=200, default="", db_default="", editable=False
    )
    gtin = models.CharField(
        _("GTIN"),
        max_length=14,
        blank=True,
        help_text=_("The number below the bar code: 8, 12, 13 or 14 digits."),
    )
    pack_amount = models.DecimalField(
        _("content"),
        max_digits=12,
        decimal_places=3,
        null=True,
        blank=True,
        help_text=_("How much is in one piece. Without it there is no unit price."),
    )
    pack_unit = models.CharField(
        _("unit"), max_length=5, choices=_UNITS, default=PackUnit.PIECE.value
    )
    pack_pieces = models.PositiveIntegerField(_("pieces in the pack"), default=1)
    weight_grams = models.PositiveIntegerField(_("weight in grams"), default=0)
    tax_class = models.CharField(
        _("tax class"), max_length=20, choices=TAX_CLASS_LABELS, default=TaxClass.STANDARD.value
    )
    is_active = models.BooleanField(_("on sale"), default=True)
    position = models.PositiveIntegerField(default=0)
    words = folded("sku")

    class Meta:
        constraints = [
            # Deferred, since the variants of a product change together.
            models.UniqueConstraint(
                fields=["product", "combination"],
                name="catalog_variant_combination_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=models.Q(tax_class__in=list(TaxClass)),
                name="catalog_variant_tax_class_known",
            ),
            models.CheckConstraint(
                condition=models.Q(gtin__regex=r"^([0-9]{8}|[0-9]{12,14})?$"),
                name="catalog_variant_gtin_is_digits",
            ),
            # The shorter ones are the longer ones without the noughts in front.
            models.UniqueConstraint(
                LPad("gtin", 14, models.Value("0")),
                condition=~models.Q(gtin=""),
                name="catalog_variant_gtin_once",
                violation_error_message=_("Another variant has this GTIN."),
            ),
            models.CheckConstraint(
                condition=models.Q(pack_unit__in=list(PackUnit)),
                name="catalog_variant_pack_unit_known",
            ),
            models.CheckConstraint(
                condition=models.Q(pack_amount__gt=0, pack_pieces__gt=0)
                | models.Q(pack_amount=None, pack_pieces__gt=0),
                name="catalog_variant_pack_is_something",
                violation_error_message=_("A pack holds more than nothing."),
            ),
        ]

    def __str__(self) -> str:
        return self.sku

    @property
    def pack(self) -> Pack | None:
        """What is in the pack; None where nobody has measured it."""
        if self.pack_amount is None:
            return None
        return Pack(
            amount=without_noughts(self.pack_amount),
            unit=PackUnit(self.pack_unit),
            pieces=self.pack_pieces,
        )


class VariantOption(models.Model):
    """The value that a variant has of an option."""

    variant = models.ForeignKey(
        Variant, on_delete=models.CASCADE, related_name="chosen", db_index=False
    )
    option = models.ForeignKey(Option, on_delete=models.PROTECT)
    value = models.ForeignKey(OptionValue, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "option"], name="catalog_variantoption_one_value"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id} {self.value_id}"
