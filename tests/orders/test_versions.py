"""What was promised in an older version of a draft is honoured: real quotes and messages of version 1."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apps.checkout.errors import QuoteInvalid
from apps.checkout.services import place, read_quote, sign_quote
from apps.orders.errors import MalformedRequest
from apps.orders.models import Order
from apps.orders.rules import check_draft, fingerprint, upgrade, upgrade_draft
from apps.orders.services import process_order
from apps.orders.types import OrderRequest
from tests.checkout.shoppers import SECRET
from tests.factories.checkout import ways
from tests.factories.shop import stock_variant
from tests.queues import Queues

# As the shop wrote them before there were adjustments, under the tests' own key.
FOLDER = Path(__file__).parent / "recorded"
QUOTES = FOLDER.parents[1] / "checkout" / "recorded"
NAMES = ["plain", "line-discount", "tax-on-top", "import-discount"]
IN_TIME = datetime(2026, 11, 30, 20, 0, tzinfo=UTC)


def message(name: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / f"request-1-{name}.json").read_text()))


def document(name: str) -> str:
    return (QUOTES / f"quote-1-{name}.txt").read_text()


class TestUpgrade:
    @pytest.mark.parametrize("name", NAMES)
    def test_makes_a_request_of_today_with_the_figures_of_then(self, name: str) -> None:
        old = message(name)
        before = copy.deepcopy(old)

        request = msgspec.convert(upgrade(old), OrderRequest)

        check_draft(request.draft)
        totals, was = request.draft.totals, old["draft"]["totals"]
        assert old == before
        assert request.version == 2
        assert totals.adjustments_minor == -was["discount_minor"]
        for figure in ("lines_minor", "shipping_minor", "tax_minor", "total_minor"):
            assert getattr(totals, figure) == was[figure]
        for line, older in zip(request.draft.lines, old["draft"]["lines"], strict=True):
            assert line.list_price == line.unit_price
            assert (line.amount_minor, line.tax_minor) == (
                older["amount_minor"],
                older["tax_minor"],
            )

    @pytest.mark.parametrize("name", NAMES)
    def test_reads_its_one_way_to_pay_as_a_share_of_the_whole(self, name: str) -> None:
        old = message(name)

        request = msgspec.convert(upgrade(old), OrderRequest)

        (share,) = request.payments
        total = old["draft"]["totals"]["total_minor"]
        assert (share.gateway, share.token) == (old["gateway"], old["payment_token"])
        assert share.amount_minor == total
        assert set(upgrade(old)) == set(old) - {"gateway", "payment_token"} | {"payments"}
        # A repeat that was placed since is the same placement.
        assert fingerprint(request.payments, total_minor=total) == old["fingerprint"]

    @pytest.mark.parametrize("name", NAMES)
    def test_keeps_no_field_of_then(self, name: str) -> None:
        draft = upgrade(message(name))["draft"]

        assert "discount_minor" not in draft["totals"]
        assert not [line for line in draft["lines"] if "discount_minor" in line]

    def test_refuses_a_draft_without_a_total(self) -> None:
        old = message("plain")
        del old["draft"]["totals"]["total_minor"]

        with pytest.raises(MalformedRequest, match=r"^a draft without a total$"):
            upgrade(old)

    def test_names_the_discount_of_a_line(self) -> None:
        first, second = upgrade_draft(message("line-discount")["draft"])["lines"]

        assert first["adjustments"] == [
            {
                "code": "discount",
                "label": "Discount",
                "scope": "line",
                "amount_minor": -101,
                "source": "unknown",
            }
        ]
        assert (first["paid_minor"], second["paid_minor"], second["adjustments"]) == (739, 400, [])

    def test_divides_the_discount_of_an_order_as_refunds_did(self) -> None:
        draft = upgrade_draft({**message("import-discount")["draft"], "language": "de"})

        assert [
            (line["paid_minor"], [one["amount_minor"] for one in line["adjustments"]])
            for line in draft["lines"]
        ] == [(765 - 186, [-186]), (678 - 164, [-164])]
        (part,) = draft["lines"][0]["adjustments"]
        assert (part["scope"], part["source"], part["label"]) == ("order", "import", "Rabatt")
        assert draft["shipping_adjustments"] == []

    def test_takes_off_the_shipping_what_is_more_than_the_goods(self) -> None:
        draft = message("import-discount")["draft"]
        draft["totals"].update(discount_minor=1443 + 7, total_minor=493)

        upgraded = upgrade_draft(draft)

        assert [line["paid_minor"] for line in upgraded["lines"]] == [0, 0]
        (part,) = upgraded["shipping_adjustments"]
        assert (part["amount_minor"], part["scope"]) == (-7, "order")

    def test_leaves_what_is_of_today_as_it_is(self) -> None:
        request = upgrade(message("plain"))

        assert upgrade(request) == request

    @pytest.mark.parametrize("version", [0, 3, 99])
    def test_refuses_a_version_that_is_not_known(self, version: int) -> None:
        with pytest.raises(MalformedRequest, match=f"^version {version} is not known here$"):
            upgrade({**message("plain"), "version": version})

    @pytest.mark.parametrize(
        "wrong",
        [None, "text", [], {}, {"version": "1"}, {"draft": 7}, {"draft": {"lines": [7]}},
         {"draft": {"lines": [{"amount_minor": 1}], "totals": {}, "language": "en"}}],
    )  # fmt: skip
    def test_refuses_what_is_no_such_document(self, wrong: object) -> None:
        with pytest.raises(MalformedRequest, match=r"^Expected|^Object missing"):
            upgrade(wrong)


class TestReadQuote:
    @pytest.mark.parametrize("name", NAMES)
    def test_opens_a_quote_that_was_signed_before(self, name: str) -> None:
        quote = read_quote(document(name))

        assert quote.version == 2
        assert quote.draft == msgspec.convert(upgrade(message(name)), OrderRequest).draft

    def test_refuses_one_of_tomorrow(self) -> None:
        tomorrow = msgspec.structs.replace(read_quote(document("plain")), version=3)

        with pytest.raises(QuoteInvalid):
            read_quote(sign_quote(tomorrow).document)


@pytest.mark.django_db
class TestPlaceAndProcess:
    def test_honour_a_quote_that_was_signed_before(self, queues: Queues) -> None:
        for sku in ("SKU-1", "SKU-2"):
            stock_variant(sku=sku)

        place(
            document=document("line-discount"),
            payments=ways("tok_success"),
            now=IN_TIME,
            secret=SECRET,
        )
        queues.run("orders")

        order = Order.objects.get()
        assert (order.status, order.total_minor, order.adjustments_minor) == ("paid", 1534, -101)

    def test_honour_a_message_that_was_sent_before(self) -> None:
        for sku in ("SKU-1", "SKU-2"):
            stock_variant(sku=sku)

        process_order(request=message("tax-on-top"))

        order = Order.objects.get()
        assert (order.status, order.total_minor, order.tax_minor) == ("paid", 1781, 247)
        assert [line.paid_minor for line in order.lines.order_by("position")] == [739, 400]
