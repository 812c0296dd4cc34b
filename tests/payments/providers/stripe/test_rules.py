"""Amounts as Stripe writes them, and signatures as it makes them."""

import pytest

from apps.core.types import Money
from apps.payments.providers.stripe.rules import (
    is_signed_by_stripe,
    money_of_stripe,
    stripe_amount,
    stripe_least,
)
from examples.stripe_double.webhooks import signature_of

BODY, NOW = b'{"id": "evt_1"}', 1_800_000_000


class TestStripeAmount:
    @pytest.mark.parametrize(
        ("minor", "currency", "written"),
        [
            (1235, "GBP", 1235),
            (500, "JPY", 500),
            (12340, "KWD", 12340),
            (40, "ISK", 4000),
            (5, "UGX", 500),
            (500, "MGA", 5),
        ],
    )
    def test_is_exact_and_can_be_read_back(self, minor: int, currency: str, written: int) -> None:
        assert stripe_amount(Money(minor, currency)) == written
        assert money_of_stripe(amount=written, currency=currency.lower()) == Money(minor, currency)

    @pytest.mark.parametrize(("minor", "currency"), [(12345, "KWD"), (501, "MGA")])
    def test_is_none_where_stripe_cannot_express_it(self, minor: int, currency: str) -> None:
        assert stripe_amount(Money(minor, currency)) is None


class TestMoneyOfStripe:
    def test_cuts_what_is_below_the_minor_unit(self) -> None:
        money = money_of_stripe(amount=4050, currency="isk")

        assert (money, type(money.minor)) == (Money(40, "ISK"), int)


class TestStripeLeast:
    @pytest.mark.parametrize(
        ("currency", "least"), [("GBP", 30), ("JPY", 50), ("HUF", 17500), ("KWD", 0), ("XXX", 0)]
    )
    def test_is_in_the_shops_minor_units(self, currency: str, least: int) -> None:
        assert stripe_least(currency) == least


def verify(header: str, *, body: bytes = BODY, secret: str = "right", now: int = NOW) -> bool:
    return is_signed_by_stripe(body=body, header=header, secret=secret, now=now)


class TestIsSignedByStripe:
    def test_accepts_what_the_secret_signed_lately(self) -> None:
        header = signature_of(BODY, secret="right", now=NOW)

        assert verify(header)
        assert verify(header, now=NOW + 300)

    def test_accepts_either_of_two_secrets_while_one_is_replaced(self) -> None:
        old, new = (signature_of(BODY, secret=one, now=NOW) for one in ("old", "new"))
        both = f"{old},{new.split(',')[1]}"

        assert verify(both, secret="old")
        assert verify(both, secret="new")
        assert not verify(both, secret="older")

    def test_looks_at_five_signatures_at_most(self) -> None:
        time, right = signature_of(BODY, secret="right", now=NOW).split(",")[:2]

        assert verify(",".join([time, *["v1=00"] * 4, right]))
        assert not verify(",".join([time, *["v1=00"] * 5, right]))

    def test_refuses_a_second_time_of_whatever_form(self) -> None:
        assert not verify("t=1=2," + signature_of(BODY, secret="right", now=NOW))

    @pytest.mark.parametrize(
        "header",
        ["", "t=,v1=", "v1=00", f"t={NOW}", f"t={NOW},v1=é", "t=x,v1=00", f"t={NOW},t={NOW},v1=0"],
    )
    def test_refuses_what_is_no_signature(self, header: str) -> None:
        assert not verify(header)

    def test_refuses_the_forged_the_changed_and_the_stale(self) -> None:
        header = signature_of(BODY, secret="right", now=NOW)

        assert not verify(signature_of(BODY, secret="wrong", now=NOW))
        assert not verify(header, body=BODY + b" ")
        assert not verify(header, now=NOW + 301)
        assert not verify(header.replace(str(NOW), str(NOW + 200)), now=NOW + 400)
        assert not verify(signature_of(BODY, secret="", now=NOW), secret="")
