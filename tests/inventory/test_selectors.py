"""What could be promised now."""

import pytest

from apps.core.models import new_id
from apps.inventory.selectors import free_units, products_in_stock
from apps.inventory.services import quantities_of, reserve_stock
from tests.factories.catalog import ProductFactory, VariantFactory
from tests.factories.shop import stock_variant

pytestmark = pytest.mark.django_db


class TestFreeUnits:
    def test_are_on_hand_less_promised(self) -> None:
        variant, unknown = stock_variant(on_hand=10), VariantFactory.create()
        reserve_stock(reference=new_id(), quantities={variant.sku: 4}, expires_at=None)

        assert free_units([variant.sku, unknown.sku, "NOPE"]) == {variant.sku: 6}


class TestProductsInStock:
    def test_have_a_variant_on_sale_with_a_free_unit(self) -> None:
        stocked, empty, promised, withdrawn = (ProductFactory.create() for _ in range(4))
        stock_variant(product=stocked, on_hand=0)
        stock_variant(product=stocked, on_hand=1)
        stock_variant(product=empty, on_hand=0)
        last = stock_variant(product=promised, on_hand=1)
        reserve_stock(reference=new_id(), quantities={last.sku: 1}, expires_at=None)
        stock_variant(product=withdrawn, on_hand=1, is_active=False)

        ids = [product.pk for product in (stocked, empty, promised, withdrawn)]
        assert products_in_stock(ids) == {stocked.pk}


class TestQuantitiesOf:
    def test_add_up_by_sku(self) -> None:
        assert quantities_of([("A", 1), ("B", 2), ("A", 3)]) == {"A": 4, "B": 2}
