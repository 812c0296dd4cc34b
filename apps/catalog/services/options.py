"""What tells the variants of a product from one another."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.contrib.postgres.aggregates import BoolOr, StringAgg
from django.db import transaction
from django.db.models import F, Func, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone

from apps.catalog import rules, selectors
from apps.catalog.models import OptionValue, Product, ProductOption, Variant, VariantOption


def set_options(
    *, product_id: int, option_ids: Sequence[int], chosen: Mapping[int, Mapping[int, int]]
) -> None:
    """Let a product vary along these options, in this order, and give its variants their values.

    `chosen` has, by the id of a variant, the id of a value for the id of each option; a variant keeps
    what it has of the options that are not named there. All of the product's variants change together:
    afterwards each has one value of each option, and no two have the same combination. Raises
    InvalidOptions, whose `errors` say by the id of a variant what is wrong with it.
    """
    with transaction.atomic():
        Product.objects.select_for_update(no_key=True).get(pk=product_id)
        variants = list(Variant.objects.filter(product=product_id).order_by("pk"))
        kept = selectors.chosen_values([one.pk for one in variants])
        wanted = {pk: {**values, **chosen.get(pk, {})} for pk, values in kept.items()}
        combinations = rules.combine(options=option_ids, chosen=_of_their_options(wanted))
        _write_options(product_id, option_ids=option_ids)
        _write_values(combinations, option_ids=option_ids)
        for variant in variants:
            variant.combination = list(combinations[variant.pk])
        Variant.objects.bulk_update(variants, ["combination"])
        _write_texts(product_ids=[product_id])


def refresh_option_texts(*, option_id: int) -> None:
    """Say what tells variants apart in the words that the values of an option have, after a change of them."""
    products = ProductOption.objects.filter(option=option_id)
    with transaction.atomic():
        _write_texts(product_ids=products.values_list("product", flat=True))


def _of_their_options(
    chosen: Mapping[int, Mapping[int, int]],
) -> dict[int, dict[int, int]]:
    """The choices without values that are no values of the option."""
    named = {value for values in chosen.values() for value in values.values()}
    options = dict(OptionValue.objects.filter(pk__in=named).values_list("pk", "option"))
    return {
        variant: {option: value for option, value in values.items() if options.get(value) == option}
        for variant, values in chosen.items()
    }


def _write_options(product_id: int, *, option_ids: Sequence[int]) -> None:
    ProductOption.objects.filter(product=product_id).delete()
    ProductOption.objects.bulk_create(
        ProductOption(product_id=product_id, option_id=option, position=position)
        for position, option in enumerate(option_ids)
    )


def _write_values(combinations: Mapping[int, Sequence[int]], *, option_ids: Sequence[int]) -> None:
    VariantOption.objects.filter(variant__in=combinations.keys()).delete()
    VariantOption.objects.bulk_create(
        VariantOption(variant_id=variant, option_id=option, value_id=value)
        for variant, values in combinations.items()
        for option, value in zip(option_ids, values, strict=True)
    )


def _write_texts(*, product_ids: Collection[int]) -> None:
    """The names of each variant's values, in the order of its combination; in each language that any has."""
    now = timezone.now()
    own = VariantOption.objects.filter(variant=OuterRef("pk")).values("variant")
    Variant.objects.filter(product__in=product_ids, combination__len__gt=0).update(
        option_text=Subquery(_joined(own, name=F("value__name"))),
        translations=JSONObject(
            **{
                language: JSONObject(option_text=Subquery(_translated(language)))
                for language in selectors.list_value_languages()
            }
        ),
        updated_at=now,
    )
    Variant.objects.filter(product__in=product_ids, combination=[]).update(
        option_text="", translations={}, updated_at=now
    )


def _translated(language: str) -> QuerySet[Any, Any]:
    """What is not translated keeps its own name, as a size does; where nothing is, there is no text."""
    name = KeyTextTransform("name", KeyTransform(language, "value__translations"))
    values = VariantOption.objects.filter(variant=OuterRef("pk")).values("variant")
    some = values.annotate(some=BoolOr(Q(value__translations__has_key=language))).filter(some=True)
    return _joined(some, name=Coalesce(name, F("value__name")))


def _joined(values: QuerySet[Any, Any], *, name: Any) -> QuerySet[Any, Any]:
    in_order = Func(F("variant__combination"), F("value"), function="array_position")
    return values.values(text=StringAgg(name, ", ", order_by=in_order))
