"""A return from end to end over HTTP: asked, decided in part, paid once, back on the shelf, credited."""

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from apps.audit.selectors import list_violations
from apps.inventory.models import StockLevel
from apps.invoicing.models import Document
from apps.orders.models import OrderLine
from apps.payments.models import Payment, Transaction
from apps.refunds.models import RefundRequest
from apps.shipping.models import Shipment
from tests.factories.accounts import UserFactory
from tests.factories.shipping import tell
from tests.factories.shop import open_market, stock_variant
from tests.journeys.test_first_sale import place, quote_cart
from tests.pages import Shopper
from tests.queues import Queues


@pytest.mark.django_db(transaction=True)
class TestAReturn:
    def sent(self, queues: Queues) -> OrderLine:
        """The order's line, whose parcel has left; what was announced until then was heard."""
        tell(Shipment.objects.get(), "shipped")
        queues.run_all()
        for system in ("accounting", "support"):
            queues.heard_by(system)
        return OrderLine.objects.get()

    def approve(self, staff: Client, line: OrderLine) -> None:
        """Two of the units come back and go on the shelf, after a look at the amount; pressed twice."""
        request = RefundRequest.objects.get()
        address = reverse("admin:refunds_refundrequest_decide", args=[request.pk])
        decision = {
            f"units_{line.pk}": 2,
            f"restock_{line.pk}": "on",
            "shipping": "0",
            "goodwill": "0",
            "reason": "changed her mind",
            "reference": str(request.pk),
        }
        preview = staff.post(address, decision).context["seen"]
        for _ in range(2):
            staff.post(address, decision | {"seen": preview, "approve": "1"})

    def test_goes_all_the_way(self, queues: Queues) -> None:
        open_market()
        variant = stock_variant(price="4.20")
        api, shopper = APIClient(), Shopper()
        placed = place(api, quote_cart(api, sku=variant.sku, quantity=3))
        queues.run_all()
        key = placed["status_url"].rpartition("key=")[2]
        page = shopper.at(f"/orders/{placed['id']}/{key}/")
        line = self.sent(queues)

        asked = shopper.post(
            f"{page}return/", {f"units_{line.pk}": 3, f"reason_{line.pk}": "unwanted"}
        )
        assert asked["Location"] == page
        queues.run_all()
        assert "Your request to send something back" in shopper.get(page).content.decode()

        before = StockLevel.objects.get(variant=variant.sku).on_hand
        staff = Client()
        staff.force_login(UserFactory.create(is_staff=True, is_superuser=True))
        self.approve(staff, line)
        queues.run_all()

        assert Payment.objects.get().refunded_minor == 840
        assert Transaction.objects.filter(kind="refund", outcome="succeeded").count() == 1
        assert StockLevel.objects.get(variant=variant.sku).on_hand == before + 2
        invoice, note = Document.objects.order_by("kind").reverse()
        assert (invoice.number, note.number, note.total_minor) == (1, 1, 840)
        assert "£8.40" in shopper.get(page).content.decode()
        assert shopper.get(f"{page}documents/{note.pk}/").content.startswith(b"%PDF-")
        assert queues.heard_by("accounting") == [
            "payments.payment.refunded.v1",
            "refunds.refund.approved.v1",
            "refunds.refund.requested.v1",
        ]
        assert queues.heard_by("support") == [
            "refunds.refund.approved.v1",
            "refunds.refund.requested.v1",
        ]
        assert list_violations() == []
