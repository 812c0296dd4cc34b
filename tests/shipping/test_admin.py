"""Parcels, and what left the shelf with them, are found by their order."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.inventory.models import Movement
from apps.shipping.models import Rate
from tests.factories.accounts import UserFactory
from tests.factories.shipping import make_shipments, tell
from tests.factories.shop import open_market, stock_variant

pytestmark = pytest.mark.django_db
SHIPMENTS = reverse("admin:shipping_shipment_changelist")
MOVEMENTS = reverse("admin:inventory_movement_changelist")


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


class TestTheList:
    def test_names_each_order_with_few_queries(
        self, staff: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        shipments = [make_shipments(lines={stock_variant().sku: 1})[0] for _ in range(5)]

        with django_assert_max_num_queries(9):
            page = staff.get(SHIPMENTS).content.decode()

        for shipment in shipments:
            assert f">{shipment.order.number}<" in "".join(page.split())

    def test_is_found_by_order_e_mail_and_day(self, staff: Client) -> None:
        (shipment,) = make_shipments(lines={stock_variant().sku: 1}, email="bob@example.com")
        make_shipments(lines={stock_variant().sku: 1})

        for words in (shipment.order.number, "bob@example.com", shipment.number):
            (found,) = staff.get(SHIPMENTS, {"q": words}).context["cl"].result_list
            assert found == shipment
        later = {"created_at__gte": timezone.now()}
        assert not staff.get(SHIPMENTS, later).context["cl"].result_list


class TestMovements:
    def test_of_an_order_are_found_by_its_number(self, staff: Client) -> None:
        (shipment,) = make_shipments(lines={stock_variant().sku: 2})
        (other,) = make_shipments(lines={stock_variant().sku: 1})
        for one in (shipment, other):
            tell(one, "shipped")

        for words in (shipment.order.number, shipment.number):
            (movement,) = staff.get(MOVEMENTS, {"q": words}).context["cl"].result_list
            assert (movement.reason, movement.quantity) == ("shipped", -2)
        assert Movement.objects.filter(reason="shipped").count() == 2

    def test_of_a_day_are_listed(self, staff: Client) -> None:
        stock_variant()

        for query, count in (("created_at__lt", 0), ("created_at__gte", 1)):
            moment = timezone.now().replace(hour=0, minute=0)
            found = staff.get(MOVEMENTS, {query: moment}).context["cl"].result_count
            assert found == count


class TestRates:
    def test_are_typed_and_shown_as_people_write_money(self, staff: Client) -> None:
        open_market()
        rate = Rate.objects.get()
        address = reverse("admin:shipping_rate_change", args=[rate.pk])
        shown = staff.get(address).content.decode()
        assert 'name="price" value="3.95"' in shown

        form = {"method": rate.method_id, "currency": "GBP", "max_weight_grams": 2_000}
        refused = staff.post(address, {**form, "min_amount": "0", "price": "4.005"})
        assert refused.context["adminform"].form.errors["price"] == ["GBP has 2 decimals."]
        staff.post(address, {**form, "min_amount": "50", "price": "4.10"})

        rate.refresh_from_db()
        assert (rate.min_amount_minor, rate.price_minor) == (5_000, 410)
        listed = staff.get(reverse("admin:shipping_rate_changelist")).content.decode()
        assert "£50.00" in listed
        assert "£4.10" in listed

    def test_are_typed_in_their_methods_table(self, staff: Client) -> None:
        open_market()
        rate = Rate.objects.get()
        address = reverse("admin:shipping_method_change", args=[rate.method_id])
        form = dict(staff.get(address).context["adminform"].form.initial)
        rows = {
            "rates-TOTAL_FORMS": 2, "rates-INITIAL_FORMS": 1, "rates-0-id": rate.pk,
            "rates-0-method": rate.method_id, "rates-0-currency": "GBP",
            "rates-0-max_weight_grams": 900, "rates-0-min_amount": "0", "rates-0-price": "2.50",
            "rates-1-method": rate.method_id, "rates-1-currency": "jpy",
            "rates-1-max_weight_grams": 900, "rates-1-min_amount": "0", "rates-1-price": "700",
        }  # fmt: skip

        answer = staff.post(address, {**form, **rows})

        assert answer.status_code == 302
        found = Rate.objects.order_by("pk").values_list("currency", "price_minor")
        assert list(found) == [("GBP", 250), ("JPY", 700)]
