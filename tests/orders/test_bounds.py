"""What the intake takes, the worker can write: one description, held against tables and edges."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.db import models
from msgspec.inspect import CustomType, StructType, UnionType, multi_type_info

from apps.accounts.models import SavedAddress
from apps.api.customers.serializers import AddressSerializer
from apps.api.orders.serializers import PlaceSerializer, WayToPaySerializer
from apps.api.quotes.serializers import QuoteRequestSerializer
from apps.catalog.models import Product, Variant
from apps.core.errors import InvalidInput
from apps.core.types import MOST_MINOR
from apps.inventory.models import Reservation
from apps.notifications.models import Message
from apps.orders import rules
from apps.orders.errors import MalformedRequest, OrderTooLarge
from apps.orders.models import Order, OrderAdjustment, OrderLine, PlacementConflict
from apps.orders.services import process_order
from apps.orders.types import MOST_LINES, MOST_UNITS, OrderRequest
from apps.payments.models import Payment
from apps.pricing.models import Market
from apps.shipping.models import Method
from apps.storefront.forms import CheckoutForm
from tests.factories.orders import adjustment, make_draft, make_request
from tests.factories.shop import stock_variant

Column = tuple[type[models.Model], str]

ADJUSTMENTS = ("draft.lines.adjustments", "draft.shipping_adjustments")
# Every text of a request, the columns it will be written to or comes from, and the fields it is typed in.
TEXTS: dict[str, tuple[Column, ...]] = {
    "draft.market": ((Order, "market"), (Market, "code")),
    "draft.currency": ((Order, "currency"), (OrderLine, "currency"), (Payment, "currency")),
    "draft.language": ((Order, "language"), (Message, "language")),
    "draft.email": ((Order, "email"), (Message, "recipient")),
    "draft.shipping_method": ((Order, "shipping_method"), (Method, "code")),
    "draft.shipping_name": ((Order, "shipping_name"), (Method, "name")),
    "draft.channel": ((Order, "channel"),),
    "draft.lines.sku": ((OrderLine, "sku"), (Variant, "sku"), (Reservation, "sku")),
    "draft.lines.title": ((OrderLine, "title"), (Product, "name")),
    "draft.lines.options": ((OrderLine, "options"), (Variant, "option_text")),
    **{
        f"{path}.{name}": ((OrderAdjustment, name),)
        for path in ADJUSTMENTS
        for name in ("code", "label", "reason", "source")
    },
    "payments.gateway": ((Payment, "gateway"),),
    "payments.token": ((Payment, "token"),),
    "fingerprint": ((Order, "fingerprint"), (PlacementConflict, "fingerprint")),
    **{
        f"draft.address.{name}": ((SavedAddress, name),)
        for name in (
            "name", "company", "line1", "line2", "city", "region", "postcode", "country", "phone"
        )
    },
}  # fmt: skip
EDGES: dict[str, tuple[Any, ...]] = {
    "draft.market": (QuoteRequestSerializer().fields["market"],),
    "draft.email": (
        QuoteRequestSerializer().fields["email"],
        CheckoutForm(country_codes=["GB"]).fields["email"],
    ),
    "draft.shipping_method": (
        QuoteRequestSerializer().fields["shipping_method"],
        CheckoutForm(country_codes=["GB"]).fields["shipping_method"],
    ),
    "payments.gateway": (
        PlaceSerializer().fields["payment_provider"],
        WayToPaySerializer().fields["provider"],
    ),
    "payments.token": (
        PlaceSerializer().fields["payment_token"],
        WayToPaySerializer().fields["token"],
    ),
    **{
        f"draft.address.{name}": (
            AddressSerializer().fields[name],
            *([CheckoutForm(country_codes=["GB"]).fields[name]] if name != "country" else []),
        )
        for name in AddressSerializer().fields
    },
}
# Whole numbers, and the smallest columns that they are written to.
NUMBERS: dict[str, tuple[Column, ...]] = {
    "draft.customer_id": ((Order, "customer"),),
    "draft.cart_version": ((Order, "cart_version"),),
    "draft.lines.quantity": ((OrderLine, "quantity"), (Reservation, "quantity")),
    "draft.lines.amount_minor": ((OrderLine, "amount_minor"),),
    "draft.lines.tax_minor": ((OrderLine, "tax_minor"),),
    "draft.lines.paid_minor": ((OrderLine, "paid_minor"),),
    **{
        f"{path}.amount_minor": ((OrderAdjustment, "amount_minor"), (Order, "adjustments_minor"))
        for path in ADJUSTMENTS
    },
    **{
        f"draft.totals.{name}": ((Order, name),)
        for name in ("lines_minor", "shipping_minor", "tax_minor", "adjustments_minor")
    },
    "draft.totals.total_minor": ((Order, "total_minor"), (Payment, "amount_minor")),
    "payments.amount_minor": ((Payment, "amount_minor"),),
}
DECIMALS: dict[str, tuple[Column, ...]] = {
    "draft.lines.list_price": ((OrderLine, "list_price"),),
    "draft.lines.unit_price": ((OrderLine, "unit_price"),),
    "draft.lines.tax_rate": ((OrderLine, "tax_rate"),),
    "draft.shipping_tax_rate": ((Order, "shipping_tax_rate"),),
}


def leaves(kind: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each field of a struct, however deep, with the type that describes it."""
    if isinstance(kind, UnionType):
        kind = next(one for one in kind.types if type(one).__name__ != "NoneType")
    if isinstance(kind, StructType):
        for field in kind.fields:
            yield from leaves(field.type, f"{path}.{field.name}".lstrip("."))
    elif type(kind).__name__ == "VarTupleType":
        yield from leaves(kind.item_type, path)
    else:
        yield path, kind


FIELDS = dict(leaves(multi_type_info([OrderRequest])[0]))
BY_KIND = {
    name: sorted(path for path, kind in FIELDS.items() if type(kind).__name__ == f"{name}Type")
    for name in ("Str", "Int", "Decimal")
}


def column(one: Column) -> models.Field[Any, Any]:
    model, name = one
    return model._meta.get_field(name)  # type: ignore[return-value]


class TestTheDescription:
    """Of every field, whoever adds one."""

    def test_knows_every_field(self) -> None:
        assert BY_KIND["Str"] == sorted(TEXTS)
        assert BY_KIND["Int"] == sorted([*NUMBERS, "version"])
        assert BY_KIND["Decimal"] == sorted(DECIMALS)
        others = {type(kind).__name__ for kind in FIELDS.values()}
        assert others - {"StrType", "IntType", "DecimalType"} == {
            "BoolType", "UUIDType", "DateTimeType", "EnumType",
        }  # fmt: skip
        assert not any(isinstance(kind, CustomType) for kind in FIELDS.values())

    @pytest.mark.parametrize("path", sorted(TEXTS))
    def test_lets_no_text_be_longer_than_its_columns(self, path: str) -> None:
        longest = FIELDS[path].max_length

        assert longest is not None
        assert [column(one).max_length for one in TEXTS[path]] == [longest] * len(TEXTS[path])
        assert FIELDS[path].pattern is not None

    @pytest.mark.parametrize("path", sorted(EDGES))
    def test_is_known_to_the_edges(self, path: str) -> None:
        assert {field.max_length for field in EDGES[path]} <= {FIELDS[path].max_length}

    @pytest.mark.parametrize("path", sorted(NUMBERS))
    def test_lets_no_number_outgrow_its_columns(self, path: str) -> None:
        kind = FIELDS[path]
        for one in NUMBERS[path]:
            field = column(one)
            narrow = isinstance(field, models.PositiveIntegerField | models.IntegerField)
            wide = isinstance(field, models.BigIntegerField | models.ForeignKey)
            most = 2**63 - 1 if wide or not narrow else 2**31 - 1
            assert kind.le is None or kind.le <= most, (path, one)
            assert kind.le is not None or wide, (path, one)
            if isinstance(field, models.PositiveIntegerField):
                assert kind.ge is not None
                assert kind.ge >= 0

    def test_lets_a_thousand_lines_of_the_largest_fit_one_level(self) -> None:
        assert MOST_LINES * MOST_UNITS < 2**31
        assert MOST_LINES * MOST_MINOR < 2**63

    @pytest.mark.parametrize("path", sorted(DECIMALS))
    def test_lets_decimals_hold_what_their_columns_hold(self, path: str) -> None:
        for one in DECIMALS[path]:
            field: Any = column(one)
            whole = field.max_digits - field.decimal_places
            fits = Decimal(10) ** whole - Decimal(1).scaleb(-field.decimal_places)

            assert msgspec.to_builtins(read(path, fits))
            for wrong in (
                Decimal(10) ** whole,
                Decimal(1).scaleb(-field.decimal_places - 1),
                Decimal("1E+30"),
                Decimal("1E+999999"),
                Decimal("1E-30"),
                Decimal("1" * 40),
                Decimal("0." + "1" * 40),
                Decimal("NaN"),
                Decimal("sNaN"),
                Decimal("Infinity"),
                Decimal("-Infinity"),
                Decimal(-1),
            ):
                with pytest.raises(msgspec.ValidationError):
                    read(path, wrong)


def _adjusted_request(sku: str) -> Any:
    """A request with an adjustment wherever there can be one."""
    taken = [adjustment(-1)]
    return make_request(lines={sku: 1}, on_lines=taken, on_shipping=taken)


def read(path: str, value: object) -> OrderRequest:
    """A request with one value changed, as the worker reads it."""
    request = _adjusted_request("A")
    *parents, name = path.split(".")
    holder: Any = request
    for parent in parents:
        holder = holder[parent]
        holder = holder[0] if isinstance(holder, list | tuple) else holder
    holder[name] = str(value) if isinstance(value, Decimal) else value
    return msgspec.convert(request, OrderRequest)


class TestCheckFits:
    @pytest.mark.parametrize("path", sorted(TEXTS))
    def test_takes_what_just_fits_and_names_what_does_not(self, path: str) -> None:
        longest = FIELDS[path].max_length

        rules.check_fits(read(path, "ä" * longest))
        for wrong in ("ä" * (longest + 1), "a\0b", "a\ud800"):
            with pytest.raises(msgspec.ValidationError):
                read(path, wrong)

    def test_names_the_field_of_a_line(self) -> None:
        draft = make_draft(lines={"A": 1, "B": 1})
        lines = (draft.lines[0], msgspec.structs.replace(draft.lines[1], title="x" * 201))
        request = _request_for(msgspec.structs.replace(draft, lines=lines))

        with pytest.raises(InvalidInput) as refusal:
            rules.check_fits(request)

        assert refusal.value.details["errors"] == {
            "lines.1.title": ["Ensure this field has no more than 200 characters."]
        }

    def test_says_what_no_text_may_hold(self) -> None:
        draft = make_draft(lines={"A": 1}, email="a\0b")

        with pytest.raises(InvalidInput) as refusal:
            rules.check_fits(_request_for(draft))

        assert refusal.value.details["errors"] == {
            "email": ["Null and surrogate characters are not allowed."]
        }

    def test_says_of_all_else_what_is_expected(self) -> None:
        draft = make_draft(lines={})

        with pytest.raises(InvalidInput) as refusal:
            rules.check_fits(_request_for(draft))

        assert refusal.value.details["errors"] == {"lines": ["Expected `array` of length >= 1"]}

    def test_takes_as_many_lines_as_there_may_be(self) -> None:
        rules.check_fits(
            _request_for(make_draft(lines={f"S{number}": 1 for number in range(MOST_LINES)}))
        )

    def test_takes_what_the_topic_can_just_carry(self, monkeypatch: pytest.MonkeyPatch) -> None:
        draft = make_draft(lines={"A": 1})
        monkeypatch.setattr(rules, "MOST_ANNOUNCED_BYTES", rules.announced_bytes(draft))

        rules.check_fits(_request_for(draft))

    def test_refuses_too_many_lines(self) -> None:
        draft = make_draft(lines={f"S{number}": 1 for number in range(MOST_LINES + 1)})

        with pytest.raises(OrderTooLarge) as refusal:
            rules.check_fits(_request_for(draft))

        assert refusal.value.details == {"limit": "1000 lines"}

    def test_refuses_what_the_topic_could_not_carry(self) -> None:
        draft = make_draft(lines={f"S{number}": 1 for number in range(MOST_LINES)})
        long = tuple(msgspec.structs.replace(line, title="漢" * 200) for line in draft.lines)

        with pytest.raises(OrderTooLarge) as refusal:
            rules.check_fits(_request_for(msgspec.structs.replace(draft, lines=long)))

        assert refusal.value.details == {"limit": "230 KiB of SKUs and names"}


def _request_for(draft: Any) -> OrderRequest:
    request: Any = msgspec.convert(make_request(lines={"A": 1}), OrderRequest)
    return msgspec.structs.replace(request, draft=draft)


@pytest.mark.django_db
class TestTheLargest:
    def test_every_text_at_its_longest_becomes_an_order(self) -> None:
        sku = "S" * 64
        stock_variant(sku=sku, on_hand=2)
        request = _adjusted_request(sku)
        for path in set(TEXTS) - {
            "draft.lines.sku", "draft.currency", "draft.channel", "payments.gateway", "payments.token",
            "draft.email", "draft.language", "draft.address.country", "draft.market",
        }:  # fmt: skip
            holder = request
            *parents, name = path.split(".")
            for parent in parents:
                holder = holder[parent]
                holder = holder[0] if isinstance(holder, list | tuple) else holder
            holder[name] = "ä" * FIELDS[path].max_length
        request["draft"]["email"] = "a" * 242 + "@example.com"

        order_id = process_order(request=request)

        order = Order.objects.get(pk=order_id)
        assert order.status == "paid"
        assert (len(order.email), len(order.shipping_name)) == (254, 100)

    def test_what_is_longer_is_a_dead_letter_at_once(self) -> None:
        request = make_request(lines={stock_variant().sku: 1}, email="a" * 250 + "@example.com")

        with pytest.raises(MalformedRequest, match="email"):
            process_order(request=request)

        assert not Order.objects.exists()


def test_times_have_a_zone() -> None:
    request = make_request(lines={"A": 1})
    request["accepted_at"] = datetime(2026, 1, 1).isoformat()

    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(request, OrderRequest)


def test_ids_are_ids() -> None:
    assert UUID(make_request(lines={"A": 1})["draft"]["id"])
