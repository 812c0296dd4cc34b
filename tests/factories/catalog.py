from collections.abc import Mapping, Sequence

import factory
from django.db import transaction
from factory.django import DjangoModelFactory

from apps.catalog.models import (
    Attribute,
    AttributeChoice,
    Brand,
    Category,
    Option,
    OptionValue,
    Product,
    ProductType,
    PublicationState,
    Variant,
)
from apps.catalog.services import set_options


class BrandFactory(DjangoModelFactory[Brand]):
    class Meta:
        model = Brand
        django_get_or_create = ("slug",)

    name = "Alder & Brine"
    slug = "alder-brine"


class CategoryFactory(DjangoModelFactory[Category]):
    class Meta:
        model = Category

    name = "Floor care"
    slug = factory.Sequence(lambda n: f"floor-care-{n}")

    @classmethod
    def _create(cls, model_class, *args, parent=None, **kwargs):
        add = Category.objects
        return add.add_child(parent, kwargs) if parent else add.add_root(kwargs)


class ProductTypeFactory(DjangoModelFactory[ProductType]):
    class Meta:
        model = ProductType
        django_get_or_create = ("code",)

    code = "concentrate"
    name = "Concentrate"


class ProductFactory(DjangoModelFactory[Product]):
    class Meta:
        model = Product

    name = factory.Sequence(lambda n: f"Pine floor soap {n}")
    slug = factory.Sequence(lambda n: f"pine-floor-soap-{n}")
    summary = "Washes stone and wood without a film."
    description = "Two capfuls to a bucket."
    product_type = factory.SubFactory(ProductTypeFactory)
    brand = factory.SubFactory(BrandFactory)
    category = factory.SubFactory(CategoryFactory)
    state = PublicationState.PUBLISHED


class VariantFactory(DjangoModelFactory[Variant]):
    """A variant with the named values of options; siblings without any come in other sizes."""

    class Meta:
        model = Variant

    product = factory.SubFactory(ProductFactory)
    sku = factory.Sequence(lambda n: f"AB-FLR-{n:05d}")
    weight_grams = 1_050

    @classmethod
    def _create(cls, model_class, *args, options=None, **kwargs):
        with transaction.atomic():
            variant = super()._create(model_class, *args, **kwargs)
            siblings = Variant.objects.filter(product=variant.product).count()
            choose(variant, options={"size": f"{siblings} l"} if options is None else options)
            variant.refresh_from_db()
        return variant


def choose(variant: Variant, *, options: Mapping[str, str]) -> None:
    """Give a variant values by the codes of options; those are made, and its product varies along them."""
    chosen = {}
    for code, name in options.items():
        option, _ = Option.objects.get_or_create(code=code, defaults={"name": code.capitalize()})
        value, _ = OptionValue.objects.get_or_create(
            option=option, name=name, defaults={"code": f"{code}-{option.values.count()}"}
        )
        chosen[option.pk] = value.pk
    set_options(product_id=variant.product_id, option_ids=list(chosen), chosen={variant.pk: chosen})


def declare(
    product_type: ProductType,
    code: str,
    *,
    kind: str = "text",
    choices: Sequence[str] = (),
    **fields: object,
) -> Attribute:
    """An attribute of the type, with choices whose codes are their names in small letters."""
    attribute = Attribute.objects.create(
        product_type=product_type, code=code, kind=kind, **{"name": code, **fields}
    )
    AttributeChoice.objects.bulk_create(
        AttributeChoice(attribute=attribute, code=name.lower(), name=name, position=position)
        for position, name in enumerate(choices)
    )
    return attribute
