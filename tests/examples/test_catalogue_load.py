"""The demo catalogue becomes a shop: shelves, goods in three houses, pictures."""

from decimal import Decimal

import pytest
from django.db import connection

from apps.catalog.models import (
    Attribute,
    Category,
    OptionValue,
    Product,
    ProductDocument,
    ProductImage,
)
from apps.catalog.selectors import list_attributes
from apps.inventory.models import StockLevel, StockPolicy, Warehouse
from apps.inventory.selectors import availability
from examples.catalogue.load import load_catalogue, load_pictures, load_sheets, spread
from examples.catalogue.records import FOLDER, read
from examples.catalogue.sheets import draw_sheet
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

    def test_sorts_options_and_tells_of_products(self) -> None:
        load_catalogue(read())

        soap = Product.objects.get(slug="harbour-washing-up-liquid")
        sold = list(soap.variants.order_by("position").values_list("option_text", flat=True))
        assert sold[:3] == ["500 ml, Lemon", "500 ml, Sea salt", "1 l, Lemon"]
        sizes = OptionValue.objects.filter(option__code="size", name__endswith=" l")
        names = list(sizes.order_by("position").values_list("name", flat=True))
        assert names == sorted(names, key=lambda name: Decimal(name.split()[0]))
        told = {one.attribute.code: one.value for one in list_attributes(soap.pk)}
        assert (told["ph"], told["hazard"], told["biodegradable"]) == ("6.8", "Irritant", True)
        assert Attribute.objects.filter(is_facet=True).exists()
        assert Product.objects.filter(tags__code="fragrance-free").count() > 10
        connection.check_constraints()

    def test_draws_a_sheet_of_what_is_not_harmless(self) -> None:
        load_catalogue(read())

        drawn = load_sheets()

        assert drawn == ProductDocument.objects.count() > 30
        sheet = ProductDocument.objects.get(product__slug="harbour-washing-up-liquid")
        content = sheet.file.read()
        assert content.startswith(b"%PDF-")
        assert sheet.size == len(content)
        again = draw_sheet(
            name=sheet.product.name, brand=sheet.product.brand.name, hazard="Irritant"
        )
        assert again == content
        assert not ProductDocument.objects.filter(product__slug="bare-washing-up-liquid").exists()
        assert load_sheets() == 0

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
