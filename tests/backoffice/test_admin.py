"""The order's page: what happened, where its money and goods are, and what can be done about it."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.core.admin import event_words
from apps.events.models import OutboxMessage
from apps.events.types import Event
from apps.jobs import admin as jobs
from apps.orders.models import Order, OrderLine
from apps.orders.selectors import STAFF_REASONS, reason_words
from apps.orders.services import approve_order, cancel_order
from tests.factories.accounts import UserFactory
from tests.factories.orders import adjustment, make_order
from tests.factories.shop import stock_variant
from tests.queues import Queues
from tests.relays import relay

pytestmark = pytest.mark.django_db
ORDERS = reverse("admin:orders_order_changelist")


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.user = UserFactory.create(is_staff=True, is_superuser=True)
    client.force_login(client.user)
    return client


@pytest.fixture
def order() -> Order:
    """Paid: £4.20 and postage 3.95."""
    return Order.objects.get(pk=make_order(lines={stock_variant().sku: 1}))


@pytest.fixture
def waiting(settings: Any) -> Order:
    settings.APPROVAL_LIMITS = {"GBP": 1}
    order = Order.objects.get(pk=make_order(lines={stock_variant().sku: 1}))
    assert order.status == "awaiting_approval"
    return order


def page(name: str, order: Order) -> str:
    return reverse(f"admin:orders_order_{name}", args=[order.pk])


def offered(staff: Client, order: Order) -> list[str]:
    shown = staff.get(page("change", order)).content.decode()
    names = ("approve_one", "cancel_one", "give_back")
    return [name for name in names if f'href="{page(name, order)}"' in shown]


class TestTheButtons:
    def test_are_those_that_the_state_allows(self, staff: Client, order: Order) -> None:
        assert offered(staff, order) == ["cancel_one", "give_back"]

        OrderLine.objects.update(shipped_quantity=1)
        assert offered(staff, order) == ["give_back"]

        OrderLine.objects.update(shipped_quantity=0)
        cancel_order(order_id=order.pk, reason="staff")
        assert offered(staff, order) == []

    def test_approve_once(self, staff: Client, waiting: Order) -> None:
        assert offered(staff, waiting) == ["approve_one", "cancel_one"]

        approve_order(order_id=waiting.pk, actor_id=7)

        assert offered(staff, waiting) == ["cancel_one"]

    def test_are_for_those_who_may(self, order: Order) -> None:
        clerk = UserFactory.create(is_staff=True)
        clerk.user_permissions.add(Permission.objects.get(codename="view_order"))
        client = Client()
        client.force_login(clerk)

        assert offered(client, order) == []
        for name in ("approve_one", "cancel_one", "give_back"):
            assert client.post(page(name, order), {"reason": "staff"}).status_code == 403
        order.refresh_from_db()
        assert order.status == "paid"

    def test_open_the_refund_with_the_order_chosen(self, staff: Client, order: Order) -> None:
        opened = staff.get(page("give_back", order), follow=True)

        assert opened.context["form"].lines
        assert order.number in str(opened.context["title"])


class TestCancelling:
    def test_asks_for_the_reason_and_says_who_gets_what(self, staff: Client, order: Order) -> None:
        asked = staff.get(page("cancel_one", order)).content.decode()

        order.refresh_from_db()
        assert order.status == "paid"
        assert "sends £8.15 back to ada@example.com" in asked
        assert all(reason_words(reason) in asked for reason in STAFF_REASONS)

    def test_is_done_under_somebodys_name(self, staff: Client, order: Order) -> None:
        nothing = staff.post(page("cancel_one", order), {"reason": "weather"})
        assert nothing.context["form"].errors["reason"]
        staff.post(page("cancel_one", order), {"reason": "not_available"})

        order.refresh_from_db()
        assert (order.status, order.reason) == ("cancelled", "not_available")
        event = OutboxMessage.objects.get(type="orders.order.cancelled.v1")
        assert event.actor_id == staff.user.pk

    def test_that_cannot_be_says_so_in_the_form(self, staff: Client, order: Order) -> None:
        OrderLine.objects.update(shipped_quantity=1)

        late = staff.get(page("cancel_one", order), follow=True)
        assert "left the house already" in late.content.decode()
        refused = staff.post(page("cancel_one", order), {"reason": "doubtful"})

        (words,) = refused.context["form"].non_field_errors()
        assert "left the house already" in words
        assert refused.context["form"]["reason"].value() == "doubtful"
        order.refresh_from_db()
        assert order.status == "paid"

    def test_speaks_the_language_of_who_asks(self, staff: Client, order: Order) -> None:
        OrderLine.objects.update(shipped_quantity=1)

        refused = staff.post(
            page("cancel_one", order), {"reason": "staff"}, headers={"accept-language": "de"}
        )

        (words,) = refused.context["form"].non_field_errors()
        assert "left the house" not in words

    def test_of_what_is_only_held_lets_go(self, staff: Client, waiting: Order) -> None:
        asked = staff.get(page("cancel_one", waiting)).content.decode()

        assert "£8.15 are held, not taken" in asked

    def test_of_several_asks_once(self, staff: Client, order: Order) -> None:
        other = Order.objects.get(pk=make_order(lines={stock_variant().sku: 1}))
        other.lines.update(shipped_quantity=1)
        data = {"action": "cancel", "_selected_action": [order.pk, other.pk]}

        asked = staff.post(ORDERS, data)
        assert set(Order.objects.values_list("status", flat=True)) == {"paid"}
        done = staff.post(ORDERS, {**data, "answered": "yes", "reason": "customer"}, follow=True)

        assert asked.status_code == 200
        told = [str(message) for message in done.context["messages"]]
        assert told[0] == "1 of 2 is done."
        assert any(words.startswith(f"{other.number}: Parts of") for words in told)

    def test_of_many_becomes_a_job_that_can_be_watched(
        self,
        staff: Client,
        order: Order,
        queues: Queues,
        monkeypatch: pytest.MonkeyPatch,
        django_capture_on_commit_callbacks,
    ) -> None:
        monkeypatch.setattr(jobs, "_AT_ONCE", 0)
        answer = {
            "action": "cancel",
            "_selected_action": [order.pk],
            "answered": "yes",
            "reason": "customer",
        }

        with django_capture_on_commit_callbacks(execute=True):
            watched = staff.post(ORDERS, answer, follow=True)
        assert watched["Refresh"] == "3"
        assert "0 of 1" in watched.text
        queues.run("bulk")

        again = staff.get(watched.request["PATH_INFO"])
        assert "Refresh" not in again
        assert "1 of 1" in again.text
        order.refresh_from_db()
        assert (order.status, order.reason) == ("cancelled", "customer")
        (entry,) = LogEntry.objects.filter(object_id=str(order.pk))
        assert (entry.user, entry.get_change_message()) == (staff.user, "cancelled: customer")


class TestApproving:
    def test_shows_the_order_and_takes_a_post(self, staff: Client, waiting: Order) -> None:
        asked = staff.get(page("approve_one", waiting)).content.decode()
        assert "£8.15" in asked
        waiting.refresh_from_db()
        assert waiting.approved_at is None

        staff.post(page("approve_one", waiting))

        waiting.refresh_from_db()
        assert waiting.approved_at is not None


class TestThePage:
    def test_leads_to_all_that_belongs_to_the_order(self, staff: Client, order: Order) -> None:
        relay()
        shown = staff.get(page("change", order)).content.decode()

        for screen in (
            "shipping_shipment", "refunds_refund", "refunds_refundrequest", "invoicing_document",
            "notifications_message", "payments_payment", "inventory_movement",
        ):  # fmt: skip
            address = reverse(f"admin:{screen}_changelist")
            assert f'href="{address}?q={order.number}"' in shown
            assert staff.get(address, {"q": order.number}).status_code == 200
        mails = reverse("admin:notifications_message_changelist")
        assert staff.get(mails, {"q": order.number}).context["cl"].result_count >= 1
        assert staff.get(mails, {"q": "0000-0000-0000"}).context["cl"].result_count == 0
        assert re.search(r"taken</th>\s*<td>£8.15", shown)

    def test_tells_in_words_what_happened(self, staff: Client, order: Order) -> None:
        cancel_order(order_id=order.pk, reason="customer", actor_id=staff.user.pk)

        shown = staff.get(page("change", order)).content.decode()

        assert "placed, stock set aside" in shown
        assert f"cancelled the customer asked for it {staff.user}" in shown
        assert "orders.order" not in shown

    def test_has_words_for_all_that_is_announced_of_an_order(self) -> None:
        def known(event: type[Event]) -> set[str]:
            own = {event.type} if "type" in vars(event) else set()
            return own.union(*map(known, event.__subclasses__()))

        announced = {
            one for one in known(Event)
            if one.split(".")[0] in {"orders", "payments", "shipping"} or "backorder" in one
        }  # fmt: skip
        assert {one for one in announced if event_words(one) == one} == set()

    def test_names_what_changed_the_price(self, staff: Client) -> None:
        order_id = make_order(lines={stock_variant().sku: 2}, adjustments=[adjustment(-100)])

        text = staff.get(page("change", Order.objects.get(pk=order_id))).content.decode()

        assert "<div>Summer sale: −£1.00</div><div>total: £11.35</div>" in text
        assert "£7.40" in text

    @pytest.mark.parametrize(
        ("price", "shown"), [("4.2000", "£4.20"), ("4.2050", "4.205 GBP"), ("1200", "£1,200.00")]
    )
    def test_trims_prices_and_rates(
        self, staff: Client, order: Order, price: str, shown: str
    ) -> None:
        OrderLine.objects.update(unit_price=Decimal(price), tax_rate=Decimal("0.20000"))

        text = staff.get(page("change", order)).content.decode()

        assert shown in text
        assert "20 %" in text
        assert "20.0" not in text


class TestTheList:
    def test_is_narrowed_by_day_with_few_queries(
        self, staff: Client, order: Order, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(5):
            make_order(lines={stock_variant().sku: 1})

        with django_assert_max_num_queries(8):
            assert staff.get(ORDERS).context["cl"].result_count == 6
        late = {"accepted_at__gte": "2100-01-01 00:00:00+00:00"}
        assert staff.get(ORDERS, late).context["cl"].result_count == 0
