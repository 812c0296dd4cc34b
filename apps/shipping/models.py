"""How goods travel: zones of countries, and methods with rates by weight and order amount."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Zone(models.Model):
    """Countries that are served alike."""

    name = models.CharField(_("name"), max_length=100)
    countries = ArrayField(models.CharField(max_length=2), verbose_name=_("countries"))

    def __str__(self) -> str:
        return self.name


class Method(models.Model):
    """A way to send a parcel into a zone."""

    zone = models.ForeignKey(Zone, on_delete=models.CASCADE, related_name="methods")
    code = models.SlugField(max_length=50)
    name = models.CharField(_("name"), max_length=100)
    promise = models.CharField(_("delivery promise"), max_length=100, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["zone", "code"], name="shipping_method_code_in_zone"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.zone})"


class Rate(models.Model):
    """What a method costs up to a weight, from an order amount on; minor units of the currency."""

    method = models.ForeignKey(Method, on_delete=models.CASCADE, related_name="rates")
    currency = models.CharField(_("currency"), max_length=3)
    max_weight_grams = models.PositiveIntegerField(_("up to grams"))
    min_amount_minor = models.BigIntegerField(_("from order amount"), default=0)
    price_minor = models.BigIntegerField(_("price"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["method", "currency", "max_weight_grams", "min_amount_minor"],
                name="shipping_rate_once",
            ),
            models.CheckConstraint(
                condition=Q(price_minor__gte=0), name="shipping_rate_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method}: {self.price_minor} {self.currency} ≤ {self.max_weight_grams} g"
