"""How much: markets, prices per currency and tax rates."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import TAX_CLASS_LABELS, Variant
from apps.catalog.types import TaxClass
from apps.core.models import Translated
from apps.core.types import Money
from apps.pricing.rules import POSTCODES
from apps.pricing.types import Adjustment, AdjustmentScope

TERRITORY_NAMES = {
    "aland": _("Åland"),
    "buesingen": _("Büsingen"),
    "campione": _("Campione d'Italia"),
    "canary_islands": _("the Canary Islands"),
    "ceuta": _("Ceuta"),
    "french_overseas": _("a French overseas territory"),
    "greenland": _("Greenland"),
    "guernsey": _("Guernsey"),
    "heligoland": _("Heligoland"),
    "jersey": _("Jersey"),
    "livigno": _("Livigno"),
    "melilla": _("Melilla"),
    "mount_athos": _("Mount Athos"),
}

_SCOPES = (
    (AdjustmentScope.LINE.value, _("a line")),
    (AdjustmentScope.SHIPPING.value, _("shipping")),
    (AdjustmentScope.ORDER.value, _("the order")),
)


class Market(Translated):
    """Where a shopper buys: one currency, the countries served, and whether prices contain tax."""

    translated = ("name",)
    code = models.SlugField(primary_key=True, max_length=10)
    name = models.CharField(_("name"), max_length=100)
    currency = models.CharField(_("currency"), max_length=3)
    tax_included = models.BooleanField(_("prices contain tax"), default=True)
    countries = ArrayField(models.CharField(max_length=2), verbose_name=_("countries"))
    default_country = models.CharField(
        _("country to begin with"),
        max_length=2,
        blank=True,
        db_default="",
        help_text=_("Of an address that is yet to be typed. Empty: the first of the countries."),
    )
    languages = ArrayField(
        models.CharField(max_length=10),
        verbose_name=_("languages"),
        db_default=["en"],
        help_text=_("Their codes, as in en, de. The first is the market's own."),
    )
    seller_name = models.CharField(
        _("seller"),
        max_length=200,
        blank=True,
        db_default="",
        help_text=_("Who sells here, as papers say it. Empty: whose shop it is."),
    )
    seller_address = models.TextField(
        _("the seller's address"), blank=True, db_default="", help_text=_("Line by line.")
    )
    seller_vat_id = models.CharField(
        _("the seller's VAT number"), max_length=50, blank=True, db_default=""
    )
    seller_email = models.EmailField(_("the seller's e-mail"), blank=True, db_default="")
    position = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return self.name

    @property
    def home(self) -> str:
        """The country that an address form begins with (ISO 3166-1)."""
        return self.default_country or self.countries[0]


class AdjustmentColumns(models.Model):
    """What a table of adjustments keeps of each: a part that is borne by one target. Minor units, signed."""

    position = models.PositiveIntegerField()
    code = models.CharField(_("code"), max_length=50)
    label = models.CharField(_("label"), max_length=200)
    scope = models.CharField(_("meant for"), max_length=10, choices=_SCOPES)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    source = models.CharField(_("decided by"), max_length=64)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(scope__in=[one.value for one in AdjustmentScope]),
                name="%(app_label)s_%(class)s_scope_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.amount}"

    @property
    def amount(self) -> Money:
        """What it adds, or takes off where it is below zero; tax as the market says."""
        return Money(self.amount_minor, self.currency)

    @property
    def stands_for(self) -> Adjustment:
        """The adjustment that the row keeps."""
        return Adjustment(
            code=self.code,
            label=self.label,
            scope=AdjustmentScope(self.scope),
            amount_minor=self.amount_minor,
            source=self.source,
            reason=self.reason,
        )


class Price(models.Model):
    """The price of one unit of a variant, in major units of a currency, tax as the market says."""

    variant = models.ForeignKey(
        Variant,
        on_delete=models.CASCADE,
        related_name="prices",
        to_field="sku",
        db_column="sku",
        db_index=False,
    )
    currency = models.CharField(_("currency"), max_length=3)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "currency"], name="pricing_price_one_per_currency"
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gte=0), name="pricing_price_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id}: {self.amount.normalize():f} {self.currency}"


class TaxRate(models.Model):
    """The share of the net price that a country, or a part of one, takes on a tax class: 0.2 is 20 %."""

    country = models.CharField(_("country"), max_length=2)
    region = models.CharField(
        _("region"),
        max_length=100,
        blank=True,
        db_default="",
        help_text=_("As in addresses, such as CA. Empty: all of the country."),
    )
    postcodes = models.CharField(
        _("postcodes"),
        max_length=200,
        blank=True,
        db_default="",
        validators=[RegexValidator(POSTCODES)],
        help_text=_("First characters, or a range of them, such as 35, 9500..9999. Empty: all."),
    )
    tax_class = models.CharField(
        _("tax class"), max_length=20, choices=TAX_CLASS_LABELS, default=TaxClass.STANDARD.value
    )
    rate = models.DecimalField(_("rate"), max_digits=6, decimal_places=5)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["country", "tax_class", "region", "postcodes"],
                name="pricing_taxrate_one_per_part",
            ),
            models.CheckConstraint(
                condition=models.Q(tax_class__in=list(TaxClass)),
                name="pricing_taxrate_tax_class_known",
            ),
            models.CheckConstraint(
                condition=models.Q(rate__gte=0) & models.Q(rate__lt=1), name="pricing_taxrate_sane"
            ),
        ]

    def __str__(self) -> str:
        part = " ".join(one for one in (self.country, self.region, self.postcodes) if one)
        return f"{part} {self.tax_class}: {self.rate * 100:.2f} %"
