"""Shelves are counted and corrected in the back office, and everybody can see who did it and why."""

import pytest
from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from apps.inventory.models import Movement, StockDrift, StockLevel, Warehouse
from apps.inventory.services import recount
from tests.factories.accounts import UserFactory
from tests.factories.inventory import keep, level_of, promise

pytestmark = pytest.mark.django_db
LEVELS = reverse("admin:inventory_stocklevel_changelist")
COUNT_LIST = reverse("admin:inventory_stocklevel_count_list")


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True, name="Sam"))
    return client


def address_of(page: str, sku: str) -> str:
    level = StockLevel.objects.get(variant=sku)
    return reverse(f"admin:inventory_stocklevel_{page}", args=[level.pk])


def told(response: HttpResponse) -> list[str]:
    return [str(message) for message in response.context["messages"]]


class TestCounting:
    def test_sets_the_level_and_remembers_who(self, staff: Client) -> None:
        sku = keep({"main": 5})
        promise({sku: 4})

        shown = staff.get(address_of("count", sku))
        response = staff.post(
            address_of("count", sku), {"units": "3", "note": "aisle 4"}, follow=True
        )

        assert 'value="5"' in shown.content.decode()
        assert level_of(sku) == (3, 3, 1)
        movement = Movement.objects.get(reason="counted")
        assert (movement.quantity, movement.note, movement.actor.name) == (-2, "aisle 4", "Sam")
        assert told(response) == [
            "1 level was changed.",
            f"{sku}: 1 promised unit is missing and is on back-order now.",
        ]

    @pytest.mark.parametrize("units", ["", "-1", "1.5", "many", "99999999999"])
    def test_refuses_what_is_no_count(self, units: str, staff: Client) -> None:
        sku = keep({"main": 5})

        response = staff.post(address_of("count", sku), {"units": units})

        assert response.status_code == 200
        assert response.context["form"].errors["units"]
        assert level_of(sku) == (5, 0, 0)


class TestCountingByList:
    def test_takes_good_lines_and_brings_the_others_back(self, staff: Client) -> None:
        fine, other = keep({"main": 5}), keep({"main": 5})
        lines = f"{fine};7\nNOPE;1\n{other};some\n"

        response = staff.post(
            COUNT_LIST, {"warehouse": Warehouse.objects.get().pk, "lines": lines, "note": "June"}
        )

        assert (level_of(fine), level_of(other)) == ((7, 0, 0), (5, 0, 0))
        page = response.content.decode()
        assert "There is no such item." in page
        assert "A count is a whole number of units, 0 or more." in page
        assert response.context["form"].initial["lines"] == f"{other};\nNOPE;1"

    def test_goes_back_to_the_levels_when_all_is_well(self, staff: Client) -> None:
        sku = keep({"main": 5})

        response = staff.post(
            COUNT_LIST, {"warehouse": Warehouse.objects.get().pk, "lines": f"{sku};7"}
        )

        assert (response.status_code, response["Location"]) == (302, LEVELS)
        assert level_of(sku) == (7, 0, 0)

    def test_is_offered_on_the_list(self, staff: Client) -> None:
        keep({"main": 5})

        assert f'href="{COUNT_LIST}"' in staff.get(LEVELS).content.decode()
        assert staff.get(COUNT_LIST).status_code == 200


class TestWritingOff:
    def test_takes_units_out_for_a_reason(self, staff: Client) -> None:
        sku = keep({"main": 5})

        refused = staff.post(address_of("write_off", sku), {"units": "2", "note": ""})
        assert refused.context["form"].errors["note"]
        staff.post(address_of("write_off", sku), {"units": "2", "note": "leaking"})

        assert level_of(sku) == (3, 0, 0)
        assert Movement.objects.get(reason="written_off").note == "leaking"

    def test_refuses_more_than_there_are(self, staff: Client) -> None:
        sku = keep({"main": 5})

        response = staff.post(address_of("write_off", sku), {"units": "6", "note": "x"})

        assert response.context["form"].errors["units"] == ["There are only 5 in the house."]
        assert level_of(sku) == (5, 0, 0)


class TestTheList:
    def test_is_searched_and_filtered(self, staff: Client) -> None:
        low, owed, plenty = (
            keep({"main": 2}, low_stock_at=2),
            keep({"main": 0}, backorder_limit=3),
            keep({"main": 2, "reno": 7}, low_stock_at=2),
        )
        promise({owed: 1})

        def found(query: str) -> set[str]:
            levels = staff.get(f"{LEVELS}?{query}").context["cl"].result_list
            return {level.variant_id for level in levels}

        assert found("stock=low") == {low}
        assert found("stock=none") == {owed}
        assert found("stock=owed") == {owed}
        assert found(f"q={plenty}") == {plenty}

    def test_shows_policies_and_history(self, staff: Client) -> None:
        plain, special = keep({"main": 5}), keep({"main": 5}, backorder_limit=7, low_stock_at=0)

        page = staff.get(LEVELS).content.decode()
        assert "back-orders up to 7, low at 0" in page
        policy = StockLevel.objects.get(variant=plain).variant
        assert f"/stockpolicy/add/?variant={policy.pk}" in page
        level = staff.get(address_of("change", special)).content.decode()
        assert "+5 opening stock" in level


class TestDrifts:
    def test_are_settled_by_somebody(self, staff: Client) -> None:
        sku = keep({"main": 5})
        StockLevel.objects.update(on_hand=7)
        recount()
        address = reverse("admin:inventory_stockdrift_changelist")

        staff.post(
            address,
            {
                "action": "adopt",
                "_selected_action": [StockDrift.objects.get().pk],
                "answered": "yes",
            },
        )

        assert level_of(sku) == (5, 0, 0)
        assert StockDrift.objects.get().settled_by.name == "Sam"

    def test_that_cannot_be_settled_say_so(self, staff: Client) -> None:
        sku = keep({"main": 5})
        promise({sku: 5})
        Movement.objects.all().delete()
        recount()
        address = reverse("admin:inventory_stockdrift_changelist")

        response = staff.post(
            address,
            {
                "action": "adopt",
                "_selected_action": [StockDrift.objects.get().pk],
                "answered": "yes",
            },
            follow=True,
        )

        assert "count the shelf first" in told(response)[0]
        assert level_of(sku) == (5, 5, 0)


class TestStaffWhoMayOnlyLook:
    def test_neither_count_nor_write_off_nor_settle(self) -> None:
        sku = keep({"main": 5})
        clerk = UserFactory.create(is_staff=True)
        clerk.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
        client = Client()
        client.force_login(clerk)

        assert client.get(LEVELS).status_code == 200
        for address in (address_of("count", sku), address_of("write_off", sku), COUNT_LIST):
            assert client.post(address, {"units": "1", "note": "x"}).status_code == 403
        assert level_of(sku) == (5, 0, 0)
