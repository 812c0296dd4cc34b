"""What is told of products, by their type."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.catalog.types import AttributeKind

_KINDS = (
    (AttributeKind.TEXT.value, _("text")),
    (AttributeKind.INTEGER.value, _("whole number")),
    (AttributeKind.DECIMAL.value, _("decimal number")),
    (AttributeKind.BOOLEAN.value, _("yes or no")),
    (AttributeKind.CHOICE.value, _("choice")),
)


class ProductType(models.Model):
    """Says which attributes its products carry."""

    code = models.SlugField(max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=100)

    def __str__(self) -> str:
        return self.name


class Attribute(models.Model):
    """A typed property of all products of a type."""

    product_type = models.ForeignKey(
        ProductType,
        on_delete=models.CASCADE,
        related_name="attributes",
        db_index=False,
    )
    code = models.SlugField(max_length=50)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=_KINDS)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=list(AttributeKind)),
                name="catalog_attribute_kind_known",
            ),
            models.UniqueConstraint(
                fields=["product_type", "code"], name="catalog_attribute_code_unique_in_type"
            ),
        ]

    def __str__(self) -> str:
        return self.name
