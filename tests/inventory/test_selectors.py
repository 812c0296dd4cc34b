"""What could be promised now."""

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.core.models import new_id
from apps.inventory.models import Warehouse
from apps.inventory.selectors import (
    allocations_of,
    availability,
    find_default_warehouse,
    free_units,
    get_warehouse,
    products_in_stock,
)
from apps.inventory.services import release_parcel, reserve_stock, ship_stock
from apps.inventory.types import Allocation, Availability
from tests.factories.catalog import ProductFactory, VariantFactory
from tests.factories.inventory import keep, promise
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

    def test_have_one_that_may_still_be_back_ordered(self) -> None:
        waits, exhausted = ProductFactory.create(), ProductFactory.create()
        keep({"main": 0}, backorder_limit=1, variant=VariantFactory.create(product=waits))
        sku = keep({"main": 0}, backorder_limit=1, variant=VariantFactory.create(product=exhausted))
        promise({sku: 1})

        assert products_in_stock([waits.pk, exhausted.pk]) == {waits.pk}


class TestTheHouses:
    def test_that_are_closed_promise_nothing(self) -> None:
        sku = keep({"main": 1, "reno": 2})
        Warehouse.objects.filter(code="reno").update(is_active=False)

        assert free_units([sku]) == {sku: 1}
        assert availability([sku]) == {sku: Availability(free=1)}

    def test_are_found_by_code_and_by_priority(self) -> None:
        keep({"later": 1, "reno": 2})
        Warehouse.objects.filter(code="reno").update(priority=0, is_active=False)
        Warehouse.objects.exclude(code="later").update(is_active=False)

        assert get_warehouse("reno").code == "reno"
        found = find_default_warehouse()
        assert found is not None
        assert found.code == "later"


class TestAvailability:
    def test_is_what_is_free_and_what_may_still_be_owed(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        plain, owed = keep({"main": 2, "reno": 3}), keep({"main": 0, "reno": 1}, backorder_limit=5)
        promise({plain: 1, owed: 3})

        with django_assert_num_queries(1):
            found = availability([plain, owed, "NOPE"])

        assert found == {plain: Availability(free=4), owed: Availability(backorder_left=3)}
        assert found[owed].total == 3


class TestAllocationsOf:
    def test_are_what_each_house_owes_and_has_sent(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        split, owed = keep({"main": 1, "reno": 3}), keep({"reno": 1}, backorder_limit=9)
        dropped = keep({"reno": 1})
        order = promise({split: 4, owed: 3, dropped: 1})
        release_parcel(reference=order, warehouse="reno", quantities={dropped: 1}, is_packed=True)
        ship_stock(reference=order, warehouse="reno", quantities={split: 2}, key="P1")

        with django_assert_num_queries(1):
            found = allocations_of(order)

        assert found == [
            Allocation(warehouse="main", sku=split, quantity=1, backordered=0, shipped=0),
            Allocation(warehouse="reno", sku=split, quantity=1, backordered=0, shipped=2),
            Allocation(warehouse="reno", sku=owed, quantity=3, backordered=2, shipped=0),
        ]
        assert [one.ready for one in found] == [1, 1, 1]
