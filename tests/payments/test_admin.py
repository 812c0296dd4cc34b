"""Staff open credit accounts, change terms, enter money received and settle differences."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.payments.models import CreditAccount, CreditEntry, Discrepancy
from tests.factories.accounts import UserFactory
from tests.factories.payments import make_credit_account, meet_a_gateway

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
            limit_minor=50_000,
            net_days=14,
        )

        account = CreditAccount.objects.get()
        assert (account.customer, account.limit_minor, account.net_days) == (customer, 50_000, 14)
        assert CreditEntry.objects.get().actor == clerk

    def test_get_other_terms(self, staff: Client) -> None:
        account = make_credit_account(customer_id=UserFactory.create().pk)

        post(staff, f"creditaccount/{account.pk}/change", limit_minor=60_000, net_days=7)

        account.refresh_from_db()
        assert (account.limit_minor, account.net_days, account.is_open) == (60_000, 7, False)
        assert CreditEntry.objects.filter(kind="terms").count() == 2

    def test_are_never_limited_below_what_is_used(self, staff: Client) -> None:
        account = make_credit_account(customer_id=UserFactory.create().pk)
        CreditAccount.objects.update(used_minor=500)

        page = post(staff, f"creditaccount/{account.pk}/change", limit_minor=499, net_days=7)

        assert "owed or held on this account already" in page
        account.refresh_from_db()
        assert (account.limit_minor, account.net_days) == (50_000, 30)


class TestReceipts:
    def test_are_entered_once(self, staff: Client, clerk: User) -> None:
        account = make_credit_account(customer_id=UserFactory.create().pk)
        CreditAccount.objects.update(used_minor=2000)
        form = {"account": account.pk, "amount_minor": 1500, "reference": "B1", "note": "thanks"}

        for _ in range(2):
            post(staff, "creditentry/add", **form)

        account.refresh_from_db()
        assert account.used_minor == 500
        entry = CreditEntry.objects.get(kind="received")
        assert (entry.actor, entry.note) == (clerk, "thanks")

    @pytest.mark.parametrize("amount", [1600, 0, -1])
    def test_that_make_no_sense_are_refused(self, staff: Client, amount: int) -> None:
        account = make_credit_account(customer_id=UserFactory.create().pk)
        form = {"account": account.pk, "reference": "B1"}
        post(staff, "creditentry/add", amount_minor=1500, **form)

        post(staff, "creditentry/add", amount_minor=amount, **form)

        assert CreditEntry.objects.get(kind="received").amount_minor == 1500

    def test_are_for_good(self, staff: Client) -> None:
        account = make_credit_account(customer_id=UserFactory.create().pk)
        entry = account.entries.get()

        for page in ("change", "delete"):
            response = staff.post(f"/admin/payments/creditentry/{entry.pk}/{page}/", {"note": "x"})
            assert response.status_code == 403


class TestDifferences:
    def settle(self, client: Client, difference: Discrepancy) -> None:
        client.post(
            "/admin/payments/discrepancy/",
            {"action": "settle", "_selected_action": [difference.pk]},
        )
        difference.refresh_from_db()

    def test_are_settled_by_somebody(self, staff: Client, clerk: User) -> None:
        difference = meet_a_gateway(1)

        self.settle(staff, difference)

        assert difference.settled_at is not None
        assert difference.settled_by == clerk

    def test_are_not_settled_by_who_may_not(self) -> None:
        difference, client = meet_a_gateway(1), Client()
        client.force_login(UserFactory.create(is_staff=True))

        self.settle(client, difference)

        assert difference.settled_at is None


class TestAPayment:
    def test_shows_its_ledger_messages_and_differences(self, staff: Client) -> None:
        difference = meet_a_gateway(1)
        assert difference.payment

        page = staff.get(f"/admin/payments/payment/{difference.payment.pk}/change/").content

        for text in (b"payment_intent.succeeded", b"the gateway has taken less", b"fake_"):
            assert text in page
