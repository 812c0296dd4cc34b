"""What is told of products, by their type."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.catalog.types import AttributeKind
from apps.core.models import Translated

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


class Attribute(Translated):
    """A typed property of all products of a type."""

    translated = ("name",)
    translation_key = ("product_type__code", "code")

    product_type = models.ForeignKey(
        ProductType,
        on_delete=models.CASCADE,
        related_name="attributes",
        db_index=False,
    )
    code = models.SlugField(max_length=50)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=_KINDS)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    is_facet = models.BooleanField(
        _("filter"), default=False, help_text=_("Shoppers may filter by it.")
    )
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


class AttributeChoice(Translated):
    """What a product may have of an attribute that is a choice, in the order in which it is offered."""

    translated = ("name",)
    translation_key = ("attribute__product_type__code", "attribute__code", "code")

    attribute = models.ForeignKey(
        Attribute, on_delete=models.CASCADE, related_name="choices", db_index=False
    )
    code = models.SlugField(max_length=100)
    name = models.CharField(_("name"), max_length=100)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("choice")
        verbose_name_plural = _("choices")
        constraints = [
            models.UniqueConstraint(
                fields=["attribute", "code"], name="catalog_attributechoice_code_once"
            ),
            models.UniqueConstraint(
                fields=["attribute", "name"], name="catalog_attributechoice_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name
