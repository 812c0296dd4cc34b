"""What is told of a product is kept as what it is: a text, a number, yes or no, a choice."""

from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.db.models import ProtectedError

from apps.catalog.errors import InvalidAttributes
from apps.catalog.models import Attribute, AttributeChoice, Product, ProductAttribute
from apps.catalog.selectors import list_attributes
from apps.catalog.services import set_attributes
from tests.factories.catalog import ProductFactory, declare

pytestmark = pytest.mark.django_db
ALL: dict[str, object] = {
    "dose": "Two capfuls",
    "washes": 30,
    "ph": Decimal("6.80"),
    "vegan": False,
    "hazard": "irritant",
}


@pytest.fixture
def soap() -> Product:
    """A soap of a type with an attribute of each kind."""
    product = ProductFactory.create()
    kinds = {
        "dose": "text",
        "washes": "integer",
        "ph": "decimal",
        "vegan": "boolean",
        "hazard": "choice",
    }
    for position, (code, kind) in enumerate(kinds.items()):
        choices = ["None", "Irritant"] if kind == "choice" else []
        declare(product.product_type, code, kind=kind, choices=choices, position=position)
    return product


def told(product: Product) -> dict[str, object]:
    return {one.attribute.code: one.value for one in list_attributes(product.pk)}


class TestSetAttributes:
    def test_keeps_each_as_what_it_is(self, soap: Product) -> None:
        set_attributes(product_id=soap.pk, values=ALL)

        assert told(soap) == {
            "dose": "Two capfuls",
            "washes": 30,
            "ph": "6.8",
            "vegan": False,
            "hazard": "Irritant",
        }

    def test_tells_nothing_else(self, soap: Product) -> None:
        set_attributes(product_id=soap.pk, values=ALL)

        set_attributes(product_id=soap.pk, values={"washes": 0})

        assert told(soap) == {"washes": 0}

    def test_refuses_what_does_not_fit_and_changes_nothing(self, soap: Product) -> None:
        set_attributes(product_id=soap.pk, values=ALL)

        with pytest.raises(InvalidAttributes) as refusal:
            set_attributes(product_id=soap.pk, values={"washes": "30", "hazard": "deadly"})

        assert set(refusal.value.details["errors"]) == {"washes", "hazard"}
        assert len(told(soap)) == 5

    def test_keeps_the_largest_numbers_and_the_smallest(self, soap: Product) -> None:
        set_attributes(product_id=soap.pk, values={"washes": 10**14 - 1, "ph": Decimal("0.000001")})

        assert told(soap) == {"washes": 10**14 - 1, "ph": "0.000001"}


class TestTheDatabase:
    @pytest.mark.parametrize(
        "columns", [{}, {"text": "a", "number": 1}, {"number": 1, "is_true": False}]
    )
    def test_holds_one_value_of_an_attribute(
        self, soap: Product, columns: dict[str, object]
    ) -> None:
        attribute = Attribute.objects.get(code="washes")

        with pytest.raises(IntegrityError, match="catalog_productattribute_one_value"):
            ProductAttribute.objects.create(product=soap, attribute=attribute, **columns)

    def test_keeps_a_choice_that_is_told_of_a_product(self, soap: Product) -> None:
        set_attributes(product_id=soap.pk, values=ALL)

        AttributeChoice.objects.get(code="none").delete()
        with pytest.raises(ProtectedError):
            AttributeChoice.objects.get(code="irritant").delete()
