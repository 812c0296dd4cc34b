"""How amounts, shelves and names read in pages."""

from decimal import Decimal

import pytest

from apps.catalog.selectors import list_categories
from apps.core.types import Money
from apps.events.types import Event
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


def events_about_orders() -> list[str]:
    """The types of all events that stand in an order's timeline."""
    found, rest = [], [Event]
    while rest:
        kind = rest.pop()
        rest += kind.__subclasses__()
        names_order = getattr(kind, "subject", "") in {"order_id", "reference"}
        if kind.__module__.startswith("apps.") and names_order and "type" in vars(kind):
            found.append(kind.type)
    return sorted(found)


class TestEventWords:
    # What is between the shop and the bank.
    SILENT = frozenset(
        {
            "orders.payment.fell_due.v1",
            "orders.payment.return_fell_due.v1",
            "payments.payment.disputed.v1",
            "payments.payment.review_required.v1",
        }
    )

    @pytest.mark.parametrize("event", events_about_orders())
    def test_are_there_for_all_that_happens_to_an_order(self, event: str) -> None:
        for on_account in (False, True):
            assert bool(shop.event_words(event, on_account)) == (event not in self.SILENT)

    def test_are_none_for_what_is_not_known(self) -> None:
        assert shop.event_words("orders.order.blessed.v1", False) == ""

    def test_are_asked_for_every_app(self) -> None:
        apps = {event.partition(".")[0] for event in events_about_orders()}

        assert apps == {"orders", "payments", "shipping", "inventory"}


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
