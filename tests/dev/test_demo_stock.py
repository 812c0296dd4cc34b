"""The demo shop keeps its goods in three houses."""

import pytest

from apps.inventory.models import StockLevel, Warehouse
from apps.inventory.selectors import availability
from dev.demo.catalogue import load
from dev.demo.load import load_catalogue
from dev.demo.stock import BACKORDER_LIMITS, LOW_STOCK_AT, spread
from tests.factories.inventory import broken_levels


class TestSpread:
    @pytest.mark.parametrize(
        ("units", "expected"),
        [
            (0, {"london": 0}),
            (9, {"london": 9}),
            (101, {"london": 51, "rotterdam": 30, "reno": 20}),
        ],
    )
    def test_keeps_scarce_goods_at_home(self, units: int, expected: dict[str, int]) -> None:
        assert spread(units) == expected


@pytest.mark.django_db
class TestLoadStock:
    def test_fills_the_houses_with_what_the_catalogue_says(self) -> None:
        catalogue = load()

        load_catalogue(catalogue)

        assert set(Warehouse.objects.values_list("code", flat=True)) == {
            "london",
            "rotterdam",
            "reno",
        }
        variants = [variant for product in catalogue.products for variant in product.variants]
        found = availability([variant.sku for variant in variants])
        assert {variant.sku: variant.stock for variant in variants} == {
            sku: one.free for sku, one in found.items()
        }
        assert {sku: one.backorder_left for sku, one in found.items() if one.backorder_left} == (
            BACKORDER_LIMITS
        )
        assert found.keys() > LOW_STOCK_AT.keys()
        assert StockLevel.objects.count() > 2 * len(variants)
        assert broken_levels() == []
