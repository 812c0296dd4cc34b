"""What is told of a product."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.catalog import rules, selectors
from apps.catalog.models import Attribute, AttributeChoice, Product, ProductAttribute
from apps.catalog.types import AttributeKind
from apps.core.types import Translations

_COLUMNS = {
    AttributeKind.TEXT: "text",
    AttributeKind.INTEGER: "number",
    AttributeKind.DECIMAL: "number",
    AttributeKind.BOOLEAN: "is_true",
}


def set_attributes(*, product_id: int, values: Mapping[str, object]) -> None:
    """Tell this of a product, by the codes of its type's attributes, and nothing else.

    A text, a whole number, a decimal number, a bool, or the code of a choice; what is not told is left
    out. Translations of a text that stays are kept. Raises InvalidAttributes, whose `errors` are by code.
    """
    with transaction.atomic():
        product = Product.objects.select_for_update(no_key=True).get(pk=product_id)
        declared = selectors.list_declared(product.product_type_id)
        rules.check_attributes(declared=declared, values=values)
        attributes = Attribute.objects.filter(product_type=product.product_type_id)
        said = _said_elsewhere(product)
        ProductAttribute.objects.filter(product=product).delete()
        ProductAttribute.objects.bulk_create(
            ProductAttribute(
                product=product,
                attribute=one,
                translations=said.get((one.pk, values[one.code]), {}),
                **_column(one, values[one.code]),
            )
            for one in attributes.prefetch_related("choices")
            if one.code in values
        )
        Product.objects.filter(pk=product_id).update(updated_at=timezone.now())


def _said_elsewhere(product: Product) -> dict[tuple[int, object], Translations]:
    """What the product's texts are in other languages, by attribute and text: it holds as long as they do."""
    told = ProductAttribute.objects.filter(product=product).exclude(text="")
    rows = told.values_list("attribute", "text", "translations")
    return {(attribute, text): translations for attribute, text, translations in rows}


def _column(attribute: Attribute, value: object) -> dict[str, Any]:
    kind = AttributeKind(attribute.kind)
    return {_COLUMNS[kind]: value} if kind in _COLUMNS else {"choice": _choice(attribute, value)}


def _choice(attribute: Attribute, code: object) -> AttributeChoice:
    return next(one for one in attribute.choices.all() if one.code == code)
