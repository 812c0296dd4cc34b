from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Product

ONE_ORDER = "shop_ecolabel_one_order_a_voucher"
LONGEST_CODE = 60


class EcoLabel(models.Model):
    """Which label a product bears."""

    product = models.OneToOneField(
        Product, on_delete=models.CASCADE, related_name="+", verbose_name=_("product")
    )
    scheme = models.CharField(_("scheme"), max_length=40)
    number = models.CharField(_("number"), max_length=40)

    class Meta:
        verbose_name = _("eco-label")
        verbose_name_plural = _("eco-labels")

    def __str__(self) -> str:
        return f"{self.scheme} {self.number}"


class Redemption(models.Model):
    """What became of a voucher for one payment; `released_by` is the key of what made it good again."""

    payment_id = models.CharField(_("payment"), max_length=64, primary_key=True)
    code = models.CharField(_("code"), max_length=LONGEST_CODE)
    currency = models.CharField(_("currency"), max_length=3)
    captured_minor = models.PositiveBigIntegerField(_("taken (minor units)"), default=0)
    released_by = models.CharField(_("released by"), max_length=120, blank=True, default="")

    class Meta:
        verbose_name = _("redeemed voucher")
        verbose_name_plural = _("redeemed vouchers")
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(released_by=""), name=ONE_ORDER
            ),
        ]

    def __str__(self) -> str:
        # Whoever reads a whole code can pay with it once it is good again.
        return f"…{self.code[-4:]}"
