"""Who wants to be forgotten is: nothing in any table tells of them but the invoices."""

from datetime import timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db.models import Field, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from apps.accounts.errors import StaffStays
from apps.accounts.models import Customer, User
from apps.accounts.services import erase_customer, register_customer, save_address
from apps.audit import services
from apps.audit.selectors import list_retention, list_violations
from apps.audit.services import retention
from apps.core.models import new_id
from apps.deadletters.models import DeadLetter
from apps.notifications.models import Message
from apps.orders.models import Order
from apps.payments.models import Payment, WebhookEvent
from apps.refunds.models import RefundRequest
from apps.shipping.models import FulfilmentCallback
from tests.factories.accounts import UserFactory
from tests.factories.orders import LONDON, make_order
from tests.factories.shipping import make_shipments, tell
from tests.factories.shop import stock_variant
from tests.queues import Queues
from tests.relays import relay

pytestmark = pytest.mark.django_db

SECRETS = ("ada@example.com", LONDON.line1, LONDON.name, LONDON.postcode)
# The law wants the buyer named, for years.
BY_LAW = {"invoicing.Document.content"}


def places_of(secret: str) -> set[str]:
    """Every field of every table that holds a text, whatever its name."""
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if _is_text(field) and _holds(model, field.name, secret)
    }


def _is_text(field: "Field[object, object]") -> bool:
    return field.get_internal_type() in {"CharField", "TextField", "EmailField", "JSONField"}


def _holds(model: type, name: str, secret: str) -> bool:
    rows = model._base_manager.annotate(shown=Cast(name, TextField()))  # type: ignore[attr-defined]
    return bool(rows.filter(shown__contains=secret).exists())


@pytest.fixture
def ada(queues: Queues) -> User:
    """A customer with one order that is delivered, of which she wrote, and one that is on its way."""
    user = register_customer(
        email="ada@example.com", password="a long secret 1815", name=LONDON.name, language="en"
    )
    save_address(customer_id=user.pk, address=LONDON)
    sku = stock_variant(on_hand=50).sku
    (shipment,) = make_shipments(lines={sku: 1}, customer_id=user.pk)
    make_order(lines={sku: 1}, customer_id=user.pk)
    for told in ("shipped", "delivered"):
        tell(shipment, told)
    RefundRequest.objects.create(
        id=new_id(), order=shipment.order, requested_by="customer", reason="damaged",
        text="from ada@example.com", state="refused", decided_at=shipment.order.created_at,
        decided_by=1, refusal_reason="no",
    )  # fmt: skip
    DeadLetter.objects.create(
        queue="orders-dlq", message_id="m", body="ada@example.com", state="parked",
        identity=str(shipment.order_id), sent_at=shipment.order.created_at,
        decided_at=shipment.order.created_at,
    )  # fmt: skip
    LogEntry.objects.create(
        user=UserFactory.create(name="Grace"),
        content_type=ContentType.objects.get_for_model(Customer, for_concrete_model=False),
        object_id=str(user.pk),
        object_repr=user.email,
        action_flag=CHANGE,
    )
    relay()
    queues.run_all()
    assert Message.objects.filter(recipient="ada@example.com", state="sent").exists()
    return user


def finish(order: Order) -> None:
    (shipment,) = order.shipments.all()  # type: ignore[attr-defined]
    for told in ("shipped", "delivered"):
        tell(shipment, told)
    relay()


class TestErasing:
    def test_leaves_nothing_but_invoices_once_all_is_final(self, ada: User, queues: Queues) -> None:
        assert all(places_of(secret) for secret in SECRETS)
        finish(Order.objects.get(status="paid"))
        queues.run_all()
        erase_customer(customer_id=ada.pk)
        relay()
        queues.run_all()

        assert {place for secret in SECRETS for place in places_of(secret)} <= BY_LAW
        assert Order.objects.filter(customer=ada, email="", address={}).count() == 2
        assert list_violations() == []

    @pytest.mark.control
    @pytest.mark.parametrize(
        "forgotten",
        [
            "orders.Order",
            "deadletters.DeadLetter",
            "refunds.RefundRequest",
            "notifications.Message",
            "admin.LogEntry",
        ],
    )
    def test_leaves_traces_where_nobody_empties(
        self, ada: User, queues: Queues, forgotten: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rest = [one for one in list_retention() if not (one.clear and one.model == forgotten)]
        monkeypatch.setattr(retention, "list_retention", lambda: rest)
        finish(Order.objects.get(status="paid"))
        queues.run_all()
        erase_customer(customer_id=ada.pk)
        services.prune()

        left = {place for secret in SECRETS for place in places_of(secret)} - BY_LAW
        assert any(place.startswith(f"{forgotten}.") for place in left)

    def test_comes_before_whatever_else_has_to_go(
        self, ada: User, queues: Queues, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Session.objects.create(session_key="s", session_data="", expire_date=timezone.now())
        finish(Order.objects.get(status="paid"))
        queues.run_all()
        erase_customer(customer_id=ada.pk)
        persons = [one for one in list_retention() if one.expired and one.days is None]
        left = iter([60.0] * len(persons))
        monkeypatch.setattr(retention, "seconds_left", lambda: next(left, 1.0))

        assert services.prune() is False

        assert {place for secret in SECRETS for place in places_of(secret)} <= BY_LAW
        assert Session.objects.exists()

    def test_waits_for_what_is_under_way(self, ada: User, queues: Queues) -> None:
        erase_customer(customer_id=ada.pk)
        relay()
        queues.run_all()

        (under_way,) = Order.objects.exclude(email="")
        assert under_way.status == "paid"
        finish(under_way)
        queues.run_all()
        services.prune()
        assert {place for secret in SECRETS for place in places_of(secret)} <= BY_LAW
        assert list_violations() == []

    @pytest.mark.parametrize(("hours", "is_over"), [(25, True), (1, False)])
    def test_takes_a_mail_for_over_that_a_crash_left_behind(
        self, ada: User, queues: Queues, hours: int, is_over: bool
    ) -> None:
        finish(Order.objects.get(status="paid"))
        queues.run_all()
        since = timezone.now() - timedelta(hours=hours)
        left = Message.objects.filter(recipient="ada@example.com")
        assert left.update(state="sending", updated_at=since)
        erase_customer(customer_id=ada.pk)
        services.prune()

        assert left.filter(state="sending").exists() is not is_over

    def test_closes_the_account_for_good(self, ada: User) -> None:
        erase_customer(customer_id=ada.pk)
        erase_customer(customer_id=ada.pk)

        ada.refresh_from_db()
        assert not ada.is_active
        assert not ada.has_usable_password()
        assert not ada.addresses.exists()  # type: ignore[attr-defined]
        register_customer(
            email="ada@example.com", password="a long secret 1815", name="Ada", language="en"
        )

    def test_is_told_to_whoever_keeps_something(self, ada: User, queues: Queues) -> None:
        queues.purge()
        erase_customer(customer_id=ada.pk)
        relay()

        for system in ("fulfilment", "accounting", "crm", "support"):
            assert "accounts.customer.erased.v1" in queues.heard_by(system)

    def test_leaves_other_customers_alone(self, ada: User, queues: Queues) -> None:
        other = UserFactory.create()
        order_id = make_order(lines={stock_variant().sku: 1}, customer_id=other.pk)
        Order.objects.filter(pk=order_id).update(status="cancelled")
        relay()
        erase_customer(customer_id=ada.pk)
        services.prune()

        assert Order.objects.get(pk=order_id).email == "ada@example.com"

    def test_refuses_staff(self) -> None:
        with pytest.raises(StaffStays):
            erase_customer(customer_id=UserFactory.create(is_staff=True).pk)


class TestTheCommand:
    def test_erases_by_address(self, ada: User) -> None:
        call_command("erase_customer", "ADA@example.com", stdout=StringIO())

        ada.refresh_from_db()
        assert ada.erased_at

    def test_erases_a_guest(self, queues: Queues) -> None:
        (shipment,) = make_shipments(lines={stock_variant(on_hand=50).sku: 1})
        finish(shipment.order)
        queues.run_all()
        WebhookEvent.objects.create(
            gateway="fake", event_id="e", type="t", digest="d", news={"of": "ada@example.com"},
            payment=Payment.objects.get(), outcome="applied",
        )  # fmt: skip
        FulfilmentCallback.objects.update(payload={"left_with": LONDON.name})
        services.prune()
        assert all(places_of(secret) - BY_LAW for secret in SECRETS)

        said = StringIO()
        call_command("erase_customer", "Ada@Example.com", stdout=said)
        services.prune()

        assert "Orders as a guest: 1" in said.getvalue()
        assert {place for secret in SECRETS for place in places_of(secret)} <= BY_LAW
        assert list(Payment.objects.values_list("token", flat=True)) == [""]
        assert list_violations() == []

    def test_leaves_a_guest_who_did_not_ask(self, queues: Queues) -> None:
        order_id = make_order(lines={stock_variant(on_hand=50).sku: 1})
        Order.objects.filter(pk=order_id).update(status="cancelled")
        relay()

        with pytest.raises(CommandError, match="Nobody"):
            call_command("erase_customer", "grace@example.com")
        services.prune()

        assert Order.objects.get().email == "ada@example.com"

    def test_says_if_there_is_nobody(self) -> None:
        with pytest.raises(CommandError, match="Nobody has an account or an order"):
            call_command("erase_customer", "nobody@example.com")
