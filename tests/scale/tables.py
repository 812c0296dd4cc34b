"""The tables that are filled, with what is the same in each of their rows."""

from collections.abc import Iterator
from typing import Any

from apps.accounts.models import User
from apps.catalog.models import Product, ProductOption, Variant, VariantOption
from apps.downstream.models import Receipt
from apps.events.models import Delivery, OutboxMessage
from apps.inventory.models import Movement, Reservation, StockLevel
from apps.invoicing.models import Document
from apps.notifications.models import Message
from apps.orders.models import Order, OrderLine
from apps.payments.models import Payment, Transaction
from apps.pricing.models import Price
from apps.refunds.models import Refund, RefundLine
from apps.shipping.models import FulfilmentCallback, Shipment, ShipmentLine
from tests.scale.copying import Table


class Tables:
    """One of each, in an order in which foreign keys find what they point at.

    `warehouse_id` is the house that everything lies in; the rest of the constants are of the market.
    """

    def __init__(self, *, warehouse_id: int, currency: str, order: dict[str, Any]) -> None:
        self._goods()
        self._stock(warehouse_id)
        self._sales(currency, order)
        self._money(currency)
        self._parcels()
        self._refunds(currency)
        self._news()
        self._papers(currency)

    def __iter__(self) -> Iterator[Table]:
        return iter(vars(self).values())

    def _goods(self) -> None:
        self.users = Table(
            User,
            "id email name date_joined",
            language="en",
            password="!",
            last_login=None,
            erased_at=None,
            is_superuser=False,
            is_staff=False,
            is_active=True,
        )
        self.products = Table(
            Product,
            "id product_type category name slug summary position created_at updated_at",
            brand=None,
            description="",
            state="published",
            translations="{}",
        )
        self.variants = Table(
            Variant,
            "id product sku combination option_text pack_amount pack_unit weight_grams position created_at updated_at",
            gtin="",
            pack_pieces=1,
            tax_class="standard",
            is_active=True,
            translations="{}",
        )
        self.product_options = Table(ProductOption, "product option", position=0)
        self.variant_options = Table(VariantOption, "variant option value")
        self.prices = Table(Price, "variant currency amount")

    def _stock(self, warehouse_id: int) -> None:
        self.levels = Table(
            StockLevel,
            "variant on_hand",
            warehouse=warehouse_id,
            reserved=0,
            backordered=0,
            reported_at=None,
        )
        self.movements = Table(
            Movement,
            "sku quantity reason reference created_at",
            warehouse=warehouse_id,
            actor=None,
            note="",
        )
        self.reservations = Table(
            Reservation,
            "reference sku quantity shipped created_at expires_at released_at",
            warehouse=warehouse_id,
            backordered=0,
        )

    def _sales(self, currency: str, order: dict[str, Any]) -> None:
        self.orders = Table(
            Order,
            "id number status reason reason_details version customer email lines_minor"
            " shipping_minor tax_minor total_minor address accepted_at pay_by action_url paid_at"
            " created_at updated_at",
            **order,
            currency=currency,
            adjustments_minor=0,
            channel="web",
            language="en",
            cart_id=None,
            cart_version=None,
            approve_by=None,
            approved_at=None,
            erasure_asked_at=None,
            erased_at=None,
        )
        self.lines = Table(
            OrderLine,
            "id order position sku title options quantity list_price unit_price amount_minor"
            " paid_minor tax_minor tax_rate shipped_quantity",
            currency=currency,
            stocked=True,
            cancelled_quantity=0,
        )

    def _money(self, currency: str) -> None:
        self.payments = Table(
            Payment,
            "id reference payer token amount_minor authorised_minor captured_minor refunded_minor"
            " gateway_reference action_url closed_at released_at created_at updated_at",
            share=0,
            attempt=1,
            gateway="fake",
            currency=currency,
            checked_at=None,
        )
        self.transactions = Table(
            Transaction,
            "payment kind outcome amount_minor idempotency_key gateway_reference reason created_at",
            currency=currency,
        )

    def _parcels(self) -> None:
        self.shipments = Table(
            Shipment,
            "id order number status version warehouse reason requested_at due_at shipped_at"
            " delivered_at created_at updated_at",
            position=1,
            carrier="",
            tracking_number="",
            tracking_url="",
        )
        self.shipment_lines = Table(ShipmentLine, "shipment order_line quantity")
        self.callbacks = Table(
            FulfilmentCallback,
            "id shipment status occurred_at received_at payload",
            verdict="applied",
        )

    def _refunds(self, currency: str) -> None:
        self.refunds = Table(
            Refund,
            "id order reference kind party amount_minor lines_minor shipping_minor reason paid_at"
            " created_at updated_at",
            request=None,
            state="paid",
            currency=currency,
            adjustments_minor=0,
            granted_by=None,
            attempt=1,
            paid_note="",
            failure="",
        )
        self.refund_lines = Table(
            RefundLine,
            "refund order_line sku quantity paid_minor amount_minor tax_minor is_restocked",
            currency=currency,
        )

    def _news(self) -> None:
        self.events = Table(
            OutboxMessage,
            "id type subject payload is_public occurred_at fanned_out_at targets",
            actor_id=None,
            trace_id="",
        )
        self.deliveries = Table(
            Delivery,
            "message subject target lane priority due_at delivered_at",
            attempts=1,
            leased_until=None,
            last_error="",
        )
        self.receipts = Table(Receipt, "message system received_at acknowledged_at")

    def _papers(self, currency: str) -> None:
        self.mails = Table(
            Message,
            "id kind reference recipient subject text html sent_at created_at updated_at",
            channel="mail",
            language="en",
            state="sent",
            error="",
        )
        self.documents = Table(
            Document,
            "id kind series number label order refund corrects total_minor tax_minor content"
            " issued_at",
            currency=currency,
            language="en",
            file="",
        )
