"""What is sold: categories, products and their variants."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node

from apps.catalog.types import AttributeKind, TaxClass
from apps.core.models import TimeStampedModel, folded

_KINDS = (
    (AttributeKind.TEXT.value, _("text")),
    (AttributeKind.INTEGER.value, _("whole number")),
    (AttributeKind.DECIMAL.value, _("decimal number")),
    (AttributeKind.BOOLEAN.value, _("yes or no")),
    (AttributeKind.CHOICE.value, _("choice")),
)
TAX_CLASS_LABELS = (
    (TaxClass.STANDARD.value, _("standard")),
    (TaxClass.INTERMEDIATE.value, _("intermediate")),
    (TaxClass.REDUCED.value, _("reduced")),
    (TaxClass.SUPER_REDUCED.value, _("super-reduced")),
    (TaxClass.PARKING.value, _("parking rate")),
    (TaxClass.ZERO.value, _("zero")),
)


class Category(MP_Node):
    """A shelf; shelves stand in a tree."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(max_length=100, unique=True)
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    picture = models.FileField(_("picture"), upload_to="categories/", blank=True)

    node_order_by: list[str] = []

    class Meta:
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return self.name


class Brand(models.Model):
    name = models.CharField(_("name"), max_length=100, unique=True)
    slug = models.SlugField(max_length=100, unique=True)
    words = folded("name")

    def __str__(self) -> str:
        return self.name


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


class PublicationState(models.TextChoices):
    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    ARCHIVED = "archived", _("archived")


class Product(TimeStampedModel):
    """What a shopper finds and reads about; what is bought is one of its variants."""

    product_type = models.ForeignKey(ProductType, on_delete=models.PROTECT)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, null=True, blank=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(max_length=200, unique=True)
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    description = models.TextField(_("description"), blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=PublicationState.choices, default=PublicationState.DRAFT
    )
    position = models.PositiveIntegerField(default=0)
    words = folded("name", "summary")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=PublicationState.values),
                name="catalog_product_state_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["category", "position", "id"],
                name="catalog_product_listing",
                condition=models.Q(state="published"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Variant(TimeStampedModel):
    """One thing with one SKU that can be put into a cart."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    sku = models.CharField(_("SKU"), max_length=64, unique=True)
    options = models.JSONField(_("options"), default=dict, blank=True)
    barcode = models.CharField(_("GTIN"), max_length=14, blank=True)
    weight_grams = models.PositiveIntegerField(_("weight in grams"), default=0)
    tax_class = models.CharField(
        _("tax class"), max_length=20, choices=TAX_CLASS_LABELS, default=TaxClass.STANDARD.value
    )
    is_active = models.BooleanField(_("on sale"), default=True)
    position = models.PositiveIntegerField(default=0)
    words = folded("sku")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(tax_class__in=list(TaxClass)),
                name="catalog_variant_tax_class_known",
            ),
        ]

    def __str__(self) -> str:
        return self.sku

    @property
    def option_text(self) -> str:
        """What tells this variant from its siblings, like `5 l, lavender`."""
        return ", ".join(str(value) for value in self.options.values())


class ProductImage(models.Model):
    """A picture of a product; the first by position stands for it in lists."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="images")
    image = models.ImageField(
        _("picture"), upload_to="products/", width_field="width", height_field="height"
    )
    width = models.PositiveIntegerField(default=0, editable=False)
    height = models.PositiveIntegerField(default=0, editable=False)
    alt = models.CharField(_("what the picture shows"), max_length=200)
    position = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return self.alt


class Picture(models.Model):
    """What a worker found out about an uploaded picture: its renditions, or why there are none.

    Found by the file's name, since a file may be there before the row that shows it. `read_at` tells
    which of two workers saw the newer file.
    """

    name = models.CharField(_("file"), max_length=1024, unique=True)
    fingerprint = models.CharField(max_length=64)
    read_at = models.DateTimeField(_("read at"))
    width = models.PositiveIntegerField(_("width"), default=0)
    height = models.PositiveIntegerField(_("height"), default=0)
    widths = ArrayField(models.PositiveIntegerField(), verbose_name=_("renditions"), default=list)
    refusal = models.CharField(_("what is wrong with it"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("rendered picture")
        verbose_name_plural = _("rendered pictures")

    def __str__(self) -> str:
        return self.name
