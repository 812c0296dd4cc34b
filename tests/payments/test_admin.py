"""Staff open credit accounts, change terms, enter money received and settle discrepancies."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.orders.models import Order
from apps.payments.models import CreditAccount, CreditEntry, Discrepancy
from tests.factories.accounts import UserFactory
from tests.factories.orders import make_order
from tests.factories.payments import make_credit_account, meet_a_gateway
from tests.factories.shop import stock_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    return UserFactory.create(is_staff=True, is_superuser=True)


@pytest.fixture
def staff(clerk: User) -> Client:
    client = Client()
    client.force_login(clerk)
    return client


def post(staff: Client, path: str, **form: Any) -> str:
    """The page after a form was sent; empty formsets of the inlines come along."""
    empty = {f"entries-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL")}
    return staff.post(f"/admin/payments/{path}/", {**empty, **form}, follow=True).content.decode()


class TestCreditAccounts:
    def test_are_opened_with_a_name_under_it(self, staff: Client, clerk: User) -> None:
        customer = UserFactory.create()

        post(
            staff,
            "creditaccount/add",
            customer=customer.pk,
            currency="GBP",
            limit="500.00",
            net_days=14,
        )

        account = CreditAccount.objects.get()
        assert (account.customer, account.limit_minor, account.net_days) == (customer, 50_000, 14)
        assert CreditEntry.objects.get().actor == clerk

    def test_get_other_terms(self, staff: Client) -> None:
        account = make_credit_account(customer_id=UserFactory.create().pk)

        post(staff, f"creditaccount/{account.pk}/change", limit="600.00", net_days=7)

        account.refresh_from_db()
        assert (account.limit_minor, account.net_days, account.is_open) == (60_000, 7, False)
        assert CreditEntry.objects.filter(kind="terms").count() == 2

    def test_are_never_limited_below_what_is_used(self, staff: Client) -> None:
        account = make_credit_account(customer_id=UserFactory.create().pk)
        CreditAccount.objects.update(used_minor=500)

        page = post(staff, f"creditaccount/{account.pk}/change", limit="4.99", net_days=7)

        assert "owed or held on this account already" in page
        assert 'value="4.99"' in page
        account.refresh_from_db()
        assert (account.limit_minor, account.net_days) == (50_000, 30)

    def test_show_money_as_people_write_it(self, staff: Client) -> None:
        account = make_credit_account(customer_id=UserFactory.create().pk)
        CreditAccount.objects.update(used_minor=1_234)

        shown = staff.get("/admin/payments/creditaccount/").content.decode()
        form = staff.get(f"/admin/payments/creditaccount/{account.pk}/change/").content.decode()

        for text in ("£500.00", "£12.34", "£487.66"):
            assert text in shown
        assert 'name="limit" value="500.00"' in form
        assert "50000" not in form

    @pytest.mark.parametrize(
        ("currency", "typed", "minor"),
        [
            ("GBP", "0.01", 1),
            ("jpy", "500", 500),
            ("KWD", "1.005", 1_005),
            ("EUR", "1234.5", 123_450),
        ],
    )
    def test_take_an_amount_exactly(
        self, staff: Client, currency: str, typed: str, minor: int
    ) -> None:
        customer = UserFactory.create().pk

        post(
            staff,
            "creditaccount/add",
            customer=customer,
            currency=currency,
            limit=typed,
            net_days=14,
        )

        account = CreditAccount.objects.get()
        assert (account.limit_minor, account.currency) == (minor, currency.upper())

    def test_take_a_comma_in_german(self, staff: Client) -> None:
        account = make_credit_account(customer_id=UserFactory.create().pk)

        address = f"/admin/payments/creditaccount/{account.pk}/change/"
        empty = {"entries-TOTAL_FORMS": 0, "entries-INITIAL_FORMS": 0}
        form = {**empty, "limit": "712,50", "net_days": 7}
        staff.post(address, form, headers={"accept-language": "de"})

        account.refresh_from_db()
        assert account.limit_minor == 71_250

    @pytest.mark.parametrize(
        ("currency", "typed", "words"),
        [
            ("JPY", "500.5", "JPY has 0 decimals."),
            ("GBP", "0.005", "GBP has 2 decimals."),
            ("GBP", "-1", "greater than or equal to 0"),
            ("£", "1", "A currency has three letters"),
        ],
    )
    def test_refuse_an_amount_that_cannot_be(
        self, staff: Client, currency: str, typed: str, words: str
    ) -> None:
        customer = UserFactory.create().pk

        page = post(
            staff,
            "creditaccount/add",
            customer=customer,
            currency=currency,
            limit=typed,
            net_days=14,
        )

        assert words in page
        assert not CreditAccount.objects.exists()

    def test_are_opened_once_and_the_refusal_keeps_what_was_typed(self, staff: Client) -> None:
        account = make_credit_account(customer_id=UserFactory.create().pk)

        page = post(
            staff,
            "creditaccount/add",
            customer=account.customer_id,
            currency="GBP",
            limit="77.00",
            net_days=14,
        )

        assert "Credit account with this Customer already exists." in page
        assert 'value="77.00"' in page


class TestReceipts:
    def test_are_entered_once(self, staff: Client, clerk: User) -> None:
        account = make_credit_account(customer_id=UserFactory.create().pk)
        CreditAccount.objects.update(used_minor=2000)
        form = {"account": account.pk, "amount": "15.00", "reference": "B1", "note": "thanks"}

        for _ in range(2):
            post(staff, "creditentry/add", **form)

        account.refresh_from_db()
        assert account.used_minor == 500
        entry = CreditEntry.objects.get(kind="received")
        assert (entry.actor, entry.note) == (clerk, "thanks")

    @pytest.mark.parametrize(
        ("amount", "words"),
        [
            ("16.00", "Another amount was entered under this reference."),
            ("0", "more than nothing"),
            ("-1", "more than nothing"),
            ("15.001", "GBP has 2 decimals."),
        ],
    )
    def test_that_make_no_sense_are_refused(self, staff: Client, amount: str, words: str) -> None:
        account = make_credit_account(customer_id=UserFactory.create().pk)
        form = {"account": account.pk, "reference": "B1"}
        post(staff, "creditentry/add", amount="15.00", **form)

        page = post(staff, "creditentry/add", amount=amount, **form)

        assert words in page
        assert f'value="{amount}"' in page
        assert CreditEntry.objects.get(kind="received").amount_minor == 1500

    def test_are_for_good(self, staff: Client) -> None:
        account = make_credit_account(customer_id=UserFactory.create().pk)
        entry = account.entries.get()

        for page in ("change", "delete"):
            response = staff.post(f"/admin/payments/creditentry/{entry.pk}/{page}/", {"note": "x"})
            assert response.status_code == 403


class TestDiscrepancies:
    def settle(self, client: Client, discrepancy: Discrepancy) -> None:
        client.post(
            "/admin/payments/discrepancy/",
            {"action": "settle", "_selected_action": [discrepancy.pk], "answered": "yes"},
        )
        discrepancy.refresh_from_db()

    def test_are_settled_by_somebody(self, staff: Client, clerk: User) -> None:
        discrepancy = meet_a_gateway(1)

        self.settle(staff, discrepancy)

        assert discrepancy.settled_at is not None
        assert discrepancy.settled_by == clerk

    def test_are_not_settled_by_who_may_not(self) -> None:
        discrepancy, client = meet_a_gateway(1), Client()
        client.force_login(UserFactory.create(is_staff=True))

        self.settle(client, discrepancy)

        assert discrepancy.settled_at is None


class TestAPayment:
    def test_shows_its_ledger_messages_and_differences(self, staff: Client) -> None:
        discrepancy = meet_a_gateway(1)
        assert discrepancy.payment

        page = staff.get(f"/admin/payments/payment/{discrepancy.payment.pk}/change/").content

        for text in (b"payment_intent.succeeded", b"the gateway has taken less", b"fake_"):
            assert text in page

    def test_shows_money_as_people_write_it(self, staff: Client) -> None:
        discrepancy = meet_a_gateway(1)
        assert discrepancy.payment

        for path in ("payment/", "transaction/", "discrepancy/"):
            page = staff.get(f"/admin/payments/{path}").content.decode()
            assert "£12.35" in page
            assert "1235" not in page

    @pytest.mark.parametrize("screen", ["payment", "transaction"])
    def test_is_found_by_the_orders_number_and_e_mail(self, staff: Client, screen: str) -> None:
        order, other = (
            Order.objects.get(pk=make_order(lines={stock_variant().sku: 1}, email=email))
            for email in ("ada@example.com", "bob@example.com")
        )

        for words in (order.number.lower(), "Ada@example.com", str(order.pk)):
            rows = staff.get(f"/admin/payments/{screen}/", {"q": words}).context["cl"].result_list
            references = {getattr(row, "payment", row).reference for row in rows}
            assert references == {order.pk}
        page = staff.get(f"/admin/payments/{screen}/").content.decode()
        assert f'/admin/orders/order/{other.pk}/change/">{other.number}</a>' in page
