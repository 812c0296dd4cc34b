"""The demo catalogue becomes a shop: shelves, goods in three houses, pictures."""

import pytest

from apps.catalog.models import Category, Product, ProductImage
from apps.inventory.models import StockLevel, StockPolicy, Warehouse
from apps.inventory.selectors import availability
from examples.catalogue.load import load_catalogue, load_pictures, spread
from examples.catalogue.records import FOLDER, read
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
        assert spread(units, houses=read().shop.warehouses) == expected


@pytest.mark.django_db
class TestLoading:
    def test_fills_the_houses_with_what_the_catalogue_says(self) -> None:
        catalogue = read()

        load_catalogue(catalogue)

        assert set(Warehouse.objects.values_list("code", flat=True)) == {
            "london",
            "rotterdam",
            "reno",
        }
        found = availability([variant.sku for variant in catalogue.variants])
        assert {variant.sku: variant.stock for variant in catalogue.variants} == {
            sku: one.free for sku, one in found.items()
        }
        assert {sku: one.backorder_left for sku, one in found.items() if one.backorder_left} == {
            "FL-FAB-001-500ML-SAL": 25,
            "AB-DSH-001-5L-LEM": 40,
        }
        assert dict(
            StockPolicy.objects.exclude(low_stock_at=None).values_list("variant", "low_stock_at")
        ) == {"AB-DSH-001-500ML-SAL": 90, "AB-DSH-002-1L-NIL": 80, "AB-DSH-001-5L-LEM": 30}
        assert StockLevel.objects.count() > 2 * len(catalogue.variants)
        assert broken_levels() == []

    def test_puts_every_shelf_below_its_department(self) -> None:
        catalogue = read()

        load_catalogue(catalogue)

        for department in catalogue.shop.departments:
            parent = Category.objects.get(slug=department.slug)
            assert parent.is_root()
            assert (
                tuple(one.slug for one in Category.objects.get_children(parent))
                == department.categories
            )

    def test_hangs_every_picture_once(self) -> None:
        load_catalogue(read())

        stored = load_pictures()

        assert stored == len(list((FOLDER / "pictures").rglob("*.webp")))
        assert not Category.objects.filter(picture="").exists()
        assert not Product.objects.filter(images=None).exists()
        first = ProductImage.objects.filter(position=0).first()
        assert first
        original = FOLDER / "pictures" / "products" / f"{first.product.slug}.webp"
        assert first.image.read() == original.read_bytes()
        assert (first.alt, first.width) == (first.product.name, 800)
        assert load_pictures() == 0
