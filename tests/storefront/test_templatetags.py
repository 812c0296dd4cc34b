"""How amounts, shelves and names read in pages."""

from decimal import Decimal

import pytest

from apps.catalog.selectors import list_categories
from apps.core.types import Money
from apps.storefront.templatetags import shop
from tests.factories.catalog import CategoryFactory


class TestAmounts:
    def test_read_as_people_write_them(self) -> None:
        assert shop.money(Money(420, "GBP")) == "£4.20"
        assert shop.money(None) == ""
        assert shop.minor(395, "EUR") == Money(395, "EUR")
        assert shop.unit_price(Decimal("0.425"), "GBP") == Money(43, "GBP")


class TestNames:
    def test_break_between_words_only(self) -> None:
        assert shop.whole("Harbour Washing-Up <b>") == (
            'Harbour <span class="whole">Washing-Up</span> &lt;b&gt;'
        )


@pytest.mark.django_db
class TestShelves:
    def test_are_told_as_a_tree(self) -> None:
        kitchen = CategoryFactory.create(name="Kitchen", slug="kitchen")
        washing = CategoryFactory.create(name="Washing-up", slug="washing-up", parent=kitchen)
        laundry = CategoryFactory.create(name="Laundry", slug="laundry")
        tree = list(list_categories())

        assert shop.departments(tree) == [
            {"shelf": kitchen, "below": [washing]},
            {"shelf": laundry, "below": []},
        ]
        assert shop.below(tree, kitchen) == [washing]
        assert shop.trail(tree, "washing-up") == [kitchen, washing]
        assert shop.trail(tree, "nowhere") == []
