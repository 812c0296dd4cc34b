"""The back office: every screen opens, cheaply, and facts cannot be typed over."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker

from apps.accounts.services import issue_api_key, save_address
from apps.cart.types import CartOwner
from apps.catalog.models import Picture, Tag
from apps.core.admin import moment_text, names_of
from apps.core.models import new_id
from apps.core.selectors import money_text
from apps.core.types import Money
from apps.inventory.models import StockLevel
from apps.inventory.services import recount
from apps.jobs.services import start_job
from apps.orders.admin import MissingOrderAdmin
from apps.orders.models import MissingOrder, Order, OrderLine
from apps.refunds.services import approve_credit
from apps.refunds.types import CreditedLine
from apps.shipping.models import Shipment
from tests.checkout.shoppers import fill_cart
from tests.factories.accounts import UserFactory
from tests.factories.catalog import ProductTypeFactory, declare
from tests.factories.events import fill_outbox
from tests.factories.inventory import keep
from tests.factories.orders import LONDON, make_order
from tests.factories.payments import make_credit_account, meet_a_gateway
from tests.factories.refunds import ask_back, bought
from tests.factories.shipping import tell
from tests.factories.shop import open_market, stock_variant
from tests.relays import relay

pytestmark = pytest.mark.django_db
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
LABELS = [model._meta.label for model in MODELS]
# A text is added with the row that it belongs to.
ADDED_ELSEWHERE = {"translations.Text"}
# Actions that change nothing.
HARMLESS = {"download"}
READ_ONLY = {
    "accounts.User",
    "cart.Cart",
    "catalog.Picture",
    "deadletters.DeadLetter",
    "events.Delivery",
    "events.OutboxMessage",
    "downstream.Receipt",
    "downstream.Replay",
    "orders.MissingOrder",
    "inventory.Movement",
    "inventory.Reservation",
    "inventory.StockDrift",
    "inventory.StockLevel",
    "invoicing.Document",
    "jobs.Job",
    "invoicing.Series",
    "notifications.Message",
    "orders.Order",
    "payments.Discrepancy",
    "payments.Payment",
    "payments.Transaction",
    "payments.WebhookEvent",
    "refunds.Refund",
    "refunds.RefundRequest",
    "shipping.FulfilmentCallback",
    "shipping.Shipment",
}
each_model = pytest.mark.parametrize("model", MODELS, ids=LABELS)
each_read_only = pytest.mark.parametrize(
    "model", [model for model in MODELS if model._meta.label in READ_ONLY], ids=sorted(READ_ONLY)
)


def address_of(model: type[Model], page: str, *arguments: object) -> str:
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=arguments)


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def viewer() -> Client:
    """Somebody who may look at everything, and do nothing."""
    colleague = UserFactory.create(is_staff=True)
    colleague.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(colleague)
    return client


@pytest.fixture(scope="module")
def busy_shop(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A shop with several rows of everything that staff can see, made once for all the screens."""
    stage_of_all_tests = transaction.atomic()
    stage_of_all_tests._from_testcase = True
    with django_db_blocker.unblock(), stage_of_all_tests:
        _fill_shop()
        yield
        transaction.set_rollback(True)


def _fill_shop() -> None:
    open_market()
    for number in range(2):
        MissingOrder.objects.create(
            id=new_id(),
            number=f"LOST-{number}",
            accepted_at=datetime.now(UTC),
            looked_at=datetime.now(UTC),
            noticed_at=datetime.now(UTC),
        )
    Group.objects.create(name="Support")
    for number in range(3):
        start_job(work="orders.cancel", title=f"Cancel {number}", keys=["a", "b"], at_once=True)
    Tag.objects.create(code="new", name="New")
    declare(ProductTypeFactory.create(), "hazard", kind="choice", choices=["None"])
    Picture.objects.create(name="products/a.jpg", fingerprint="1", read_at=datetime.now(UTC))
    keep({"london": 3, "reno": 0}, backorder_limit=5, low_stock_at=2)
    StockLevel.objects.update(on_hand=4)
    recount()
    StockLevel.objects.filter(warehouse__code="reno").update(on_hand=0)
    issue_api_key(name="Harbour WMS", scopes=["inventory:write"])
    for number, token in enumerate(("tok_success", "tok_decline", "tok_3ds") * 2):
        customer = UserFactory.create()
        owner = CartOwner(customer_id=customer.pk)
        save_address(customer_id=customer.pk, address=LONDON)
        fill_cart({stock_variant().sku: 1}, owner=owner)
        make_order(lines={stock_variant().sku: 2}, token=token, customer_id=customer.pk)
        bought()
        make_credit_account(customer_id=customer.pk)
        meet_a_gateway(number)
        approve_credit(
            reference=f"C{number}",
            party="17850",
            currency="GBP",
            lines=[CreditedLine(sku="A", quantity=1, amount_minor=100)],
            reason="goodwill",
        )
    relay()
    fill_outbox()
    for shipment in Shipment.objects.all():
        tell(shipment, "shipped")
    for line in OrderLine.objects.filter(shipped_quantity=3):
        ask_back(line)
    UserFactory.create(is_staff=True)


@pytest.mark.usefixtures("busy_shop")
class TestEveryScreen:
    @each_model
    def test_lists(
        self,
        model: type[Model],
        staff: Client,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        assert model._default_manager.exists()

        with django_assert_max_num_queries(15):
            response = staff.get(address_of(model, "changelist"))

        assert response.status_code == 200

    @each_model
    def test_searches(self, model: type[Model], staff: Client) -> None:
        for words in ("x", "%", "é"):
            response = staff.get(address_of(model, "changelist"), {"q": words})

            assert response.status_code == 200

    @each_model
    def test_opens(self, model: type[Model], staff: Client) -> None:
        row = model._default_manager.first()
        assert row is not None

        response = staff.get(address_of(model, "change", row.pk))

        assert response.status_code == 200

    @each_model
    def test_opens_for_who_may_only_look(self, model: type[Model], viewer: Client) -> None:
        row = model._default_manager.first()
        assert row is not None

        assert viewer.get(address_of(model, "change", row.pk)).status_code == 200

    @each_model
    def test_adds_what_staff_may_add(self, model: type[Model], staff: Client) -> None:
        response = staff.get(address_of(model, "add"))

        expected = 403 if model._meta.label in READ_ONLY | ADDED_ELSEWHERE else 200
        assert response.status_code == expected

    @each_read_only
    def test_changes_and_deletes_no_fact(self, model: type[Model], staff: Client) -> None:
        before = list(model._default_manager.order_by("pk").values())
        row = model._default_manager.first()
        assert row is not None

        for page in ("change", "delete"):
            response = staff.post(address_of(model, page, row.pk), {"post": "yes"})
            assert response.status_code == 403
        staff.post(
            address_of(model, "changelist"),
            {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"},
        )

        assert list(model._default_manager.order_by("pk").values()) == before


def list_actions() -> list[tuple[type[Model], str]]:
    return [
        (model, name)
        for model in MODELS
        for name in ["delete_selected", *admin.site._registry[model].actions]
    ]


def page_actions() -> list[tuple[type[Model], str, bool]]:
    """The model, the action's name, and whether it is about one row."""
    return [
        (model, name, kind != "actions_list")
        for model in MODELS
        for kind in ("actions_list", "actions_row", "actions_detail", "actions_submit_line")
        for name in getattr(admin.site._registry[model], kind)
    ]


def writes(asked: CaptureQueriesContext) -> list[str]:
    """The statements that changed something."""
    changing = ("INSERT", "UPDATE", "DELETE", "WITH")
    return [one["sql"] for one in asked if one["sql"].startswith(changing)]


def press(client: Client, model: type[Model], action: str) -> list[str]:
    """Choose the action for a row, answer nothing, and tell what was written all the same."""
    row = model._default_manager.first()
    assert row is not None
    with CaptureQueriesContext(connection) as asked:
        client.post(
            address_of(model, "changelist"), {"action": action, "_selected_action": [row.pk]}
        )
    return writes(asked)


def named(parameters: tuple[object, ...]) -> str:
    return "-".join(one._meta.label if hasattr(one, "_meta") else str(one) for one in parameters)


@pytest.mark.usefixtures("busy_shop")
class TestEveryAction:
    @pytest.mark.parametrize(("model", "name"), list_actions(), ids=map(named, list_actions()))
    def test_on_chosen_rows_asks_before_it_acts(
        self, model: type[Model], name: str, staff: Client
    ) -> None:
        assert press(staff, model, name) == []

    @pytest.mark.parametrize(
        ("model", "name", "is_of_one"), page_actions(), ids=map(named, page_actions())
    )
    def test_with_a_page_asks_before_it_acts(
        self, model: type[Model], name: str, is_of_one: bool, staff: Client
    ) -> None:
        row = model._default_manager.first()
        assert row is not None
        with CaptureQueriesContext(connection) as asked:
            response = staff.get(address_of(model, name, *([row.pk] if is_of_one else [])))

        assert response.status_code in {200, 302}
        assert writes(asked) == []

    def test_is_declared_with_its_question_and_what_is_noted(self) -> None:
        for model, name in list_actions():
            if name not in {"delete_selected", *HARMLESS}:
                action = getattr(admin.site._registry[model], name)
                assert action.is_noted, f"{model._meta.label}.{name}"

    def test_that_does_not_ask_is_noticed(
        self, staff: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def settle_at_once(_self: object, _request: object, rows: QuerySet[MissingOrder]) -> None:
            rows.update(settled_at=datetime.now(UTC))

        monkeypatch.setattr(MissingOrderAdmin, "settle", settle_at_once)

        assert press(staff, MissingOrder, "settle")

    def test_says_of_how_many_it_is_and_what_money_moves(self, staff: Client) -> None:
        orders = list(Order.objects.filter(status="paid"))
        data = {"action": "cancel", "_selected_action": [one.pk for one in orders]}

        facts = dict(staff.post(address_of(Order, "changelist"), data).context["facts"])

        taken = Money(sum(one.total_minor for one in orders), "GBP")
        assert (facts["orders"], facts["goes back"]) == (len(orders), money_text(taken))

    def test_is_noted_in_the_history_with_who_did_it(self, staff: Client) -> None:
        missing = MissingOrder.objects.filter(settled_at=None).first()
        assert missing is not None
        data = {"action": "settle", "_selected_action": [missing.pk], "answered": "yes"}

        for _ in range(2):
            staff.post(address_of(MissingOrder, "changelist"), data)

        (entry,) = LogEntry.objects.filter(object_id=str(missing.pk))
        assert (entry.user.is_superuser, entry.get_change_message()) == (True, "settled")
        assert "settled" in staff.get(address_of(MissingOrder, "history", missing.pk)).text


class TestAnEmptyList:
    @pytest.mark.parametrize(
        ("query", "says"), [({}, "There is nothing here."), ({"q": "x"}, "Nothing matches.")]
    )
    def test_says_whether_there_is_nothing_or_nothing_matches(
        self, staff: Client, query: dict[str, str], says: str
    ) -> None:
        # The busy shop of the other tests has some.
        MissingOrder.objects.all().delete()
        page = staff.get(address_of(MissingOrder, "changelist"), query).text

        assert says in page
        assert "Create a new item" not in page

    def test_offers_to_add_what_may_be_added(self, staff: Client) -> None:
        assert "Add group" in staff.get(address_of(Group, "changelist")).text


class TestOutsiders:
    @each_model
    def test_are_sent_to_the_log_in(self, model: type[Model]) -> None:
        visitor, customer = Client(), Client()
        customer.force_login(UserFactory.create())

        for client in (visitor, customer):
            response = client.get(address_of(model, "changelist"))
            assert response.status_code == 302
            assert response["Location"].startswith("/admin/login/")

    def test_cannot_act(self) -> None:
        order = make_order(lines={stock_variant().sku: 1})
        customer = Client()
        customer.force_login(UserFactory.create())

        customer.post(
            address_of(Order, "changelist"), {"action": "cancel", "_selected_action": [order]}
        )

        assert Order.objects.get(pk=order).status == "paid"


class TestAScreenOfNothing:
    def test_leads_back_to_the_front_page(self, staff: Client) -> None:
        response = staff.get(address_of(Order, "change", uuid4()))

        assert response.status_code == 302


class TestMomentText:
    def test_is_written_as_the_language_has_it(self) -> None:
        moment = datetime(2026, 10, 3, 9, 5, 7, tzinfo=UTC)

        assert moment_text(moment) == "3 Oct 2026, 10:05:07"
        with translation.override("de"):
            assert moment_text(moment) == "3 Okt 2026, 10:05:07"
        assert moment_text(None) == "–"


class TestNamesOf:
    def test_takes_one_query_and_keeps_what_is_gone(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        users = [UserFactory.create() for _ in range(3)]

        with django_assert_num_queries(1):
            names = names_of([*(user.pk for user in users), None, 0])

        assert names == {**{user.pk: user.email for user in users}, None: "–", 0: "0"}
