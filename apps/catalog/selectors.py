"""Questions about the catalogue."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar, cast

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.core.files.storage import default_storage
from django.db.models import (
    Exists,
    F,
    Func,
    Model,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Coalesce, Concat, JSONObject
from django.utils.translation import get_language

from apps.catalog.models import (
    Attribute,
    AttributeChoice,
    Category,
    FormerSlug,
    Option,
    OptionValue,
    Picture,
    Product,
    ProductAttribute,
    ProductDocument,
    ProductImage,
    PublicationState,
    Tag,
    Variant,
    VariantOption,
)
from apps.catalog.rules import rendition_name
from apps.catalog.types import AttributeKind, DeclaredAttribute, ShownPicture
from apps.core.rules import folded, searchable

_ATTRIBUTES = ProductAttribute.objects.select_related("attribute", "choice").order_by(
    "attribute__position", "attribute"
)
MOST_WORDS = 8
SHORTEST_BEGINNING = 5

_Row = TypeVar("_Row", bound=Model)


def with_renditions(rows: QuerySet[_Row], *, file: str) -> QuerySet[_Row]:
    """The rows with what is known of the picture in the field `file`, for `shown_picture`."""
    facts = JSONObject(fingerprint="fingerprint", widths="widths", width="width", height="height")
    found = Picture.objects.filter(name=OuterRef(file)).values(facts=facts)
    annotated: Any = rows.annotate(renditions=Subquery(found))
    return cast("QuerySet[_Row]", annotated)


def shown_picture(
    name: str | None, *, renditions: Mapping[str, Any] | None, width: int = 0, height: int = 0
) -> ShownPicture:
    """A picture to be chosen from by its width; the original while there are no renditions."""
    if not name or not renditions or not renditions["widths"]:
        return ShownPicture(
            url=default_storage.url(name) if name else "", width=width, height=height
        )
    urls = {
        one: default_storage.url(
            rendition_name(name=name, fingerprint=renditions["fingerprint"], width=one)
        )
        for one in renditions["widths"]
    }
    return ShownPicture(
        url=urls[max(urls)],
        srcset=", ".join(f"{url} {one}w" for one, url in urls.items()),
        width=renditions["width"],
        height=renditions["height"],
    )


def list_categories() -> QuerySet[Category]:
    """The whole tree in reading order; `depth` tells the level."""
    categories: QuerySet[Category] = Category.objects.order_by("path")
    return with_renditions(categories, file="picture")


def find_category(slug: str) -> Category | None:
    """The category with this slug, or None."""
    return list_categories().filter(slug=searchable(slug)).first()


def list_products(*, category: Category | None = None, words: str = "") -> QuerySet[Product]:
    """Published products, of a category with all below it, that contain every word.

    A word may be one of the active language, or of the shop's own, or a SKU, or how one begins. Of many words the first eight count; each is one look
    at the variants, so that all cost no more than their sum.
    """
    products = Product.objects.filter(state=PublicationState.PUBLISHED)
    if category is not None:
        products = products.filter(category__path__startswith=category.path)
    wanted = folded(searchable(words)).split()[:MOST_WORDS]
    if wanted:
        products = products.alias(said=_said_in(get_language() or settings.LANGUAGE_CODE))
    for word in wanted:
        has_variant = Exists(Variant.objects.filter(_is_named(word), product=OuterRef("pk")))
        products = products.filter(
            Q(words__contains=word)
            | Q(said__contains=word)
            | Q(brand__words__contains=word)
            | has_variant
        )
    return products.select_related("brand", "category").order_by("position", "id")


def _said_in(language: str) -> Func:
    """Name and summary of a product in a language, as words are compared; empty where it is not translated."""
    texts = [
        Coalesce(
            KeyTextTransform(field, KeyTransform(language, "translations")),
            Value(""),
            output_field=TextField(),
        )
        for field in ("name", "summary")
    ]
    both = Concat(texts[0], Value(" "), texts[1], output_field=TextField())
    return Func(both, function="folded", output_field=TextField())


def _is_named(word: str) -> Q:
    """Whether a SKU is this word, or begins with it where the word is too long for a size or a number."""
    is_a_beginning = len(word) >= SHORTEST_BEGINNING and any(sign.isdigit() for sign in word)
    return Q(words__startswith=word) if is_a_beginning else Q(words=word)


def find_product(slug: str) -> Product | None:
    """A published product with its variants, pictures, attributes and documents, in five queries.

    Each variant has `chosen_options`: the code, name, translations and position of each option's value, in
    order. The product has `tag_facts`: code, name and translations of each of its tags.
    """
    tags = (
        Tag.objects.filter(product=OuterRef("pk"))
        .order_by("name")
        .values(facts=JSONObject(code="code", name="name", translations="translations"))
    )
    return (
        Product.objects.filter(state=PublicationState.PUBLISHED, slug=slug)
        .select_related("brand", "category")
        .annotate(tag_facts=ArraySubquery(tags))
        .prefetch_related(
            Prefetch("variants", _with_options(Variant.objects.filter(is_active=True))),
            Prefetch(
                "images",
                with_renditions(ProductImage.objects.order_by("position", "id"), file="image"),
            ),
            Prefetch("documents", ProductDocument.objects.order_by("position", "id")),
            Prefetch("attribute_values", _ATTRIBUTES.all()),
        )
        .first()
    )


def find_moved_product(slug: str) -> str | None:
    """The slug that a published product has now whose slug this was; None for none."""
    found = FormerSlug.objects.filter(slug=slug, product__state=PublicationState.PUBLISHED)
    return found.values_list("product__slug", flat=True).first()


def find_moved_category(slug: str) -> str | None:
    """The slug that a category has now whose slug this was; None for none."""
    found = FormerSlug.objects.filter(slug=slug, category__isnull=False)
    return found.values_list("category__slug", flat=True).first()


def _with_options(variants: QuerySet[Variant]) -> QuerySet[Variant]:
    chosen = (
        VariantOption.objects.filter(variant=OuterRef("pk"))
        .order_by(Func(F("variant__combination"), F("value"), function="array_position"))
        .values(
            facts=JSONObject(
                option="option__code",
                option_name="option__name",
                option_translations="option__translations",
                code="value__code",
                name="value__name",
                translations="value__translations",
                position="value__position",
            )
        )
    )
    return variants.annotate(chosen_options=ArraySubquery(chosen)).order_by("position", "id")


def list_options(product_id: int | None) -> list[Option]:
    """Along what the variants of a product differ, in its order; nothing for no product."""
    options = Option.objects.filter(productoption__product=product_id)
    found = options.order_by("productoption__position").prefetch_related("values")
    return list(found) if product_id else []


def list_value_languages() -> list[str]:
    """The languages in which any value of an option has a name, besides its own."""
    keys = Func(F("translations"), function="jsonb_object_keys")
    found = OptionValue.objects.order_by().values_list(keys, flat=True).distinct()
    return sorted(found)


def find_options(ids: Sequence[int]) -> list[Option]:
    """The options with these ids, with their values, in the order of the ids."""
    found = Option.objects.prefetch_related("values").in_bulk(ids)
    return [found[one] for one in dict.fromkeys(ids) if one in found]


def chosen_values(variant_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """For each of the variants, the id of its value for the id of each option."""
    chosen: dict[int, dict[int, int]] = {one: {} for one in variant_ids}
    rows = VariantOption.objects.filter(variant__in=variant_ids)
    for variant, option, value in rows.values_list("variant", "option", "value"):
        chosen[variant][option] = value
    return chosen


def first_images(product_ids: Collection[int]) -> Mapping[int, ShownPicture]:
    """The picture that stands for each product; a product without one is missing."""
    images = (
        ProductImage.objects.filter(product__in=product_ids)
        .order_by("product", "position", "id")
        .distinct("product")
    )
    found: Any = with_renditions(images, file="image")
    return {
        product: shown_picture(name, renditions=renditions, width=width, height=height)
        for product, name, renditions, width, height in found.values_list(
            "product", "image", "renditions", "width", "height"
        )
    }


def list_unrendered(*, all_of_them: bool = False) -> list[str]:
    """The files of pictures of products and shelves that no worker has looked at; or all files."""
    names = {
        *ProductImage.objects.values_list("image", flat=True),
        *Category.objects.values_list("picture", flat=True),
    }
    seen = set() if all_of_them else set(Picture.objects.values_list("name", flat=True))
    return sorted(names - seen - {""})


def find_picture(name: str) -> Picture | None:
    """What a worker found out about a file, if any has looked at it."""
    return Picture.objects.filter(name=name).first()


def list_declared(product_type: int | None) -> list[DeclaredAttribute]:
    """What a product type, given by its id, declares, in its order of display; nothing for no type."""
    attributes = Attribute.objects.filter(product_type=product_type).prefetch_related(
        Prefetch("choices", AttributeChoice.objects.order_by("position", "id"))
    )
    return [
        DeclaredAttribute(
            code=one.code,
            name=one.name,
            kind=AttributeKind(one.kind),
            unit=one.unit,
            choices={choice.code: choice.name for choice in one.choices.all()},
        )
        for one in attributes.order_by("position", "id")
    ]


def list_attributes(product_id: int | None) -> QuerySet[ProductAttribute]:
    """What is told of a product, in the order of its type."""
    return _ATTRIBUTES.filter(product=product_id)


def is_on_sale(sku: str) -> bool:
    """Whether a variant can be put into a cart."""
    return Variant.objects.filter(
        sku=searchable(sku), is_active=True, product__state=PublicationState.PUBLISHED
    ).exists()
