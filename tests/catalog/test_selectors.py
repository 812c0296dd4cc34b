"""What shoppers find: published products, by shelf and by word."""

import pytest
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from apps.catalog import selectors
from apps.catalog.models import Category, ProductImage, PublicationState
from apps.catalog.types import AttributeKind, DeclaredAttribute
from tests.factories.catalog import (
    BrandFactory,
    CategoryFactory,
    ProductFactory,
    ProductTypeFactory,
    VariantFactory,
    declare,
)

pytestmark = pytest.mark.django_db


def found(**question: object) -> list[str]:
    return [product.name for product in selectors.list_products(**question)]


class TestTheCategoryTree:
    def test_reads_shelf_by_shelf(self) -> None:
        kitchen = CategoryFactory.create(name="Kitchen", slug="kitchen")
        CategoryFactory.create(name="Laundry", slug="laundry")
        CategoryFactory.create(name="Dishes", slug="dishes", parent=kitchen)

        listed = [(one.name, one.depth) for one in selectors.list_categories()]
        assert listed == [("Kitchen", 1), ("Dishes", 2), ("Laundry", 1)]

    def test_moves_a_shelf_with_all_below_it(self) -> None:
        kitchen = CategoryFactory.create(name="Kitchen", slug="kitchen")
        laundry = CategoryFactory.create(name="Laundry", slug="laundry")
        dishes = CategoryFactory.create(name="Dishes", slug="dishes", parent=kitchen)
        ProductFactory.create(name="Soap", category=dishes)

        node, target = (Category.objects.get(pk=one.pk) for one in (dishes, laundry))
        Category.objects.move(node, target, "last-child")

        assert found(category=selectors.find_category("kitchen")) == []
        assert found(category=selectors.find_category("laundry")) == ["Soap"]


class TestListProducts:
    def test_shows_what_is_published(self) -> None:
        for state in PublicationState.values:
            ProductFactory.create(name=state, state=state)

        assert found() == ["published"]

    def test_of_a_shelf_includes_those_below_it_and_no_neighbour(self) -> None:
        kitchen = CategoryFactory.create(slug="kitchen")
        dishes = CategoryFactory.create(slug="dishes", parent=kitchen)
        laundry = CategoryFactory.create(slug="laundry")
        for name, shelf in (("Pan soap", kitchen), ("Dish soap", dishes), ("Starch", laundry)):
            ProductFactory.create(name=name, category=shelf)

        assert found(category=Category.objects.get(pk=kitchen.pk)) == ["Pan soap", "Dish soap"]
        assert found(category=Category.objects.get(pk=dishes.pk)) == ["Dish soap"]

    def test_finds_every_word_in_any_place(self) -> None:
        soap = ProductFactory.create(
            name="Pine soap", summary="For stone.", brand=BrandFactory.create(name="Alder")
        )
        ProductFactory.create(name="Pine oil", summary="For wood.", brand=None)
        VariantFactory.create(product=soap, sku="AB-1")
        VariantFactory.create(product=soap, sku="AB-2")

        assert found(words="PINE stone") == ["Pine soap"]
        assert found(words="alder pine") == ["Pine soap"]
        assert found(words="ab-1") == ["Pine soap"]
        assert found(words="ab-") == []
        assert found(words="pine") == ["Pine soap", "Pine oil"]

    @pytest.mark.parametrize(
        "words",
        [
            "öl-entferner",
            "ÖL-ENTFERNER",
            "o\u0308l-entferner",
            "Ol-Entferner",
            "größe",
            "GRÖSSE",
            "grosse",
            "\u200bkleen\u00ad-o-pine",
            "xl oil",
            "ＸＬ",
            "DÉTER-0",
            "deter-01-1L-LEM",
        ],
    )
    def test_finds_a_word_however_it_is_spelt(self, words: str) -> None:
        cleaner = ProductFactory.create(
            name="Kleen-O-Pine Öl-Entferner Größe XL", summary="Takes oil off.", brand=None
        )
        VariantFactory.create(product=cleaner, sku="DE\u0301TER-01-1L-LEM")
        ProductFactory.create(name="Soap", summary="", brand=None)

        assert found(words=words) == [cleaner.name]

    def test_takes_a_short_word_for_no_beginning_of_a_sku(self) -> None:
        VariantFactory.create(sku="5-LITRE")

        assert found(words="5-li") == found(words="litre") == []
        assert len(found(words="5-lit")) == 1

    def test_asks_for_the_variants_once_a_word_and_joins_nothing_more(self) -> None:
        def plan(words: str) -> str:
            return str(selectors.list_products(words=words).query)

        joins = [plan(words).count(" JOIN ") for words in ("a", "a e i o r s u y")]
        assert joins[0] == joins[1]
        assert plan("a e i o r s u y " * 9).count("EXISTS") == 8

    @pytest.mark.parametrize("words", ["%", "_", "\\", "'", '"'])
    def test_takes_signs_for_signs(self, words: str) -> None:
        ProductFactory.create(name="Pine soap", summary="For stone.", brand=None)

        assert found(words=words) == []


class TestFindProduct:
    def test_hides_what_is_not_published(self) -> None:
        draft = ProductFactory.create(state=PublicationState.DRAFT)

        assert selectors.find_product(draft.slug) is None

    def test_shows_the_variants_on_sale_in_five_queries(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        product = ProductFactory.create()
        last = VariantFactory.create(product=product, position=2)
        first = VariantFactory.create(product=product, position=1)
        VariantFactory.create(product=product, is_active=False)

        with django_assert_num_queries(5):
            shown = selectors.find_product(product.slug)

            assert shown is not None
            assert list(shown.variants.all()) == [first, last]


class TestFirstImages:
    def test_are_one_for_each_product_that_has_any(self) -> None:
        pictured, bare = ProductFactory.create(), ProductFactory.create()
        ProductImage.objects.bulk_create(
            ProductImage(product=pictured, image=name, alt="", position=position, width=8, height=8)
            for name, position in (("products/b.webp", 2), ("products/a.webp", 1))
        )

        images = selectors.first_images([pictured.pk, bare.pk])

        assert list(images) == [pictured.pk]
        assert images[pictured.pk].url.endswith("products/a.webp")


class TestListDeclared:
    def test_is_what_the_type_says(self) -> None:
        kind = ProductTypeFactory.create()
        declare(kind, "scent", kind="choice", choices=["Pine", "Lemon"], position=2)
        declare(kind, "ph", kind="decimal", unit="at 20 °C", position=1)

        assert selectors.list_declared(kind.pk) == [
            DeclaredAttribute(code="ph", name="ph", kind=AttributeKind.DECIMAL, unit="at 20 °C"),
            DeclaredAttribute(
                code="scent",
                name="scent",
                kind=AttributeKind.CHOICE,
                choices={"pine": "Pine", "lemon": "Lemon"},
            ),
        ]
        assert selectors.list_declared(None) == []


class TestIsOnSale:
    def test_needs_an_active_variant_of_a_published_product(self) -> None:
        draft = ProductFactory.create(state=PublicationState.DRAFT)

        assert selectors.is_on_sale(VariantFactory.create().sku) is True
        assert selectors.is_on_sale(VariantFactory.create(is_active=False).sku) is False
        assert selectors.is_on_sale(VariantFactory.create(product=draft).sku) is False
        assert selectors.is_on_sale("NOPE") is False


def test_a_product_is_found_by_its_words_in_the_active_language_and_in_its_own() -> None:
    soap = ProductFactory.create(name="Soap")
    soap.translations = {"de": {"name": "Hafen-Spülmittel", "summary": "Löst Fett."}}
    soap.save()

    with translation.override("de"):
        assert [
            list(selectors.list_products(words=words)) for words in ("spulmittel FETT", "soap")
        ] == [
            [soap],
            [soap],
        ]
    with translation.override("fr"):
        assert list(selectors.list_products(words="Spülmittel")) == []
