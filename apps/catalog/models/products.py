"""What shoppers find and read about."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.catalog.models.attributes import Attribute, AttributeChoice, ProductType
from apps.catalog.models.shelves import Brand, Category, Tag
from apps.catalog.rules import without_noughts
from apps.catalog.types import AttributeKind, DocumentKind
from apps.core.models import TimeStampedModel, Translated, folded

_DOCUMENTS = (
    (DocumentKind.SAFETY_DATA_SHEET.value, _("safety data sheet")),
    (DocumentKind.INSTRUCTIONS.value, _("instructions")),
    (DocumentKind.CERTIFICATE.value, _("certificate")),
)


class PublicationState(models.TextChoices):
    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    ARCHIVED = "archived", _("archived")


class Product(Translated, TimeStampedModel):
    """What a shopper finds and reads about; what is bought is one of its variants."""

    translated = ("name", "summary", "description")
    translation_key = ("slug",)

    product_type = models.ForeignKey(ProductType, on_delete=models.PROTECT)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, null=True, blank=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(max_length=200, unique=True)
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    description = models.TextField(_("description"), blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=PublicationState.choices, default=PublicationState.DRAFT
    )
    position = models.PositiveIntegerField(default=0)
    tags = models.ManyToManyField(Tag, verbose_name=_("tags"), blank=True)
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


class FormerSlug(models.Model):
    """With what the address of a product or a shelf ended before: it leads on to where that is now.

    Written by the database itself (a trigger), whoever changes a slug, and gone once another has it.
    """

    slug = models.SlugField(max_length=200)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, null=True, related_name="+")
    category = models.ForeignKey(Category, on_delete=models.CASCADE, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slug"],
                condition=models.Q(product__isnull=False),
                name="catalog_formerslug_once_for_products",
            ),
            models.UniqueConstraint(
                fields=["slug"],
                condition=models.Q(category__isnull=False),
                name="catalog_formerslug_once_for_categories",
            ),
            models.CheckConstraint(
                condition=models.Q(product__isnull=True) ^ models.Q(category__isnull=True),
                name="catalog_formerslug_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class ProductAttribute(Translated):
    """What is told of a product: in the one column that is of the attribute's kind."""

    translated = ("text",)
    translation_key = ("product__slug", "attribute__code")

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="attribute_values", db_index=False
    )
    attribute = models.ForeignKey(Attribute, on_delete=models.CASCADE)
    text = models.CharField(max_length=500, blank=True)
    number = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    is_true = models.BooleanField(null=True, blank=True)
    choice = models.ForeignKey(AttributeChoice, on_delete=models.PROTECT, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "attribute"], name="catalog_productattribute_once_per_product"
            ),
            models.CheckConstraint(
                condition=(
                    ~models.Q(text="") & models.Q(number=None, is_true__isnull=True, choice=None)
                    | models.Q(text="", number__isnull=False, is_true__isnull=True, choice=None)
                    | models.Q(text="", number=None, is_true__isnull=False, choice=None)
                    | models.Q(text="", number=None, is_true__isnull=True, choice__isnull=False)
                ),
                name="catalog_productattribute_one_value",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.attribute_id}"

    @property
    def value(self) -> str | int | bool:
        """What is told; a decimal number as text, because a JSON number is not exact."""
        if self.choice is not None:
            return self.choice.localized("name")
        if self.is_true is not None:
            return self.is_true
        if self.number is None:
            return self.localized("text")
        is_whole = self.attribute.kind == AttributeKind.INTEGER
        return int(self.number) if is_whole else str(without_noughts(self.number))


class ProductImage(Translated):
    """A picture of a product; the first by position stands for it in lists."""

    translated = ("alt",)
    translation_key = ("product__slug", "position")

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


class ProductDocument(models.Model):
    """A paper about a product that everybody may read, as PDF; `size` in bytes, so that no page asks for it."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField(_("kind"), max_length=20, choices=_DOCUMENTS)
    language = models.CharField(
        _("language"), max_length=10, help_text=_("Its code, as in en or de.")
    )
    title = models.CharField(_("title"), max_length=200)
    file = models.FileField(_("file"), upload_to="product-documents/")
    size = models.PositiveIntegerField(_("size"), default=0, editable=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=list(DocumentKind)),
                name="catalog_productdocument_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return self.title


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
