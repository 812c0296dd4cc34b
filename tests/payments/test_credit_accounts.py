"""Staff set terms and enter money received; each change is an entry with a name under it."""

import pytest
from django.db import IntegrityError

from apps.core.errors import InvalidInput
from apps.core.types import Money
from apps.payments.errors import AccountExists, LimitBelowUse, ReceiptConflict
from apps.payments.models import CreditAccount, CreditEntry
from apps.payments.services import (
    change_credit_terms,
    open_credit_account,
    receive_on_account,
)
from tests.factories.accounts import UserFactory
from tests.races import race

pytestmark = pytest.mark.django_db


def make_account(*, used: int = 0) -> CreditAccount:
    account = open_credit_account(
        customer_id=UserFactory.create().pk, limit=Money(10_000, "GBP"), net_days=30, actor_id=None
    )
    CreditAccount.objects.filter(pk=account.pk).update(used_minor=used)
    account.refresh_from_db()
    return account


def entries(account: CreditAccount) -> list[tuple[str, int, int]]:
    found = CreditEntry.objects.filter(account=account).order_by("id")
    return list(found.values_list("kind", "amount_minor", "effect_minor"))


def receive(account: CreditAccount, *, minor: int = 2500, reference: str = "B1") -> CreditEntry:
    return receive_on_account(
        account_id=account.pk,
        amount=Money(minor, account.currency),
        reference=reference,
        actor_id=None,
    )


class TestOpenCreditAccount:
    def test_writes_down_the_terms_and_who_set_them(self) -> None:
        staff = UserFactory.create()

        account = open_credit_account(
            customer_id=UserFactory.create().pk,
            limit=Money(5000, "EUR"),
            net_days=14,
            actor_id=staff.pk,
        )

        assert account.free == Money(5000, "EUR")
        entry = CreditEntry.objects.get()
        assert (entry.kind, entry.amount_minor, entry.actor) == ("terms", 5000, staff)
        assert entry.note == "14 days, open"

    def test_below_nothing_is_no_account_that_exists(self) -> None:
        with pytest.raises(IntegrityError, match="limit_not_negative"):
            open_credit_account(
                customer_id=UserFactory.create().pk,
                limit=Money(-1, "GBP"),
                net_days=1,
                actor_id=None,
            )

    def test_once_more_is_refused(self) -> None:
        account = make_account()

        with pytest.raises(AccountExists):
            open_credit_account(
                customer_id=account.customer_id,
                limit=Money(1, "GBP"),
                net_days=1,
                actor_id=None,
            )

        assert CreditAccount.objects.get().limit_minor == 10_000


class TestChangeCreditTerms:
    def test_is_entered(self) -> None:
        account = make_account(used=500)

        changed = change_credit_terms(
            account_id=account.pk, limit_minor=500, net_days=7, is_open=False, actor_id=None
        )

        assert (changed.limit_minor, changed.net_days, changed.is_open) == (500, 7, False)
        assert entries(account)[1:] == [("terms", 500, 0)]

    def test_below_what_is_used_is_refused_and_changes_nothing(self) -> None:
        account = make_account(used=500)

        with pytest.raises(LimitBelowUse) as refusal:
            change_credit_terms(
                account_id=account.pk, limit_minor=499, net_days=7, is_open=True, actor_id=None
            )

        assert refusal.value.details == {"used_minor": 500}
        account.refresh_from_db()
        assert (account.limit_minor, account.net_days) == (10_000, 30)
        assert len(entries(account)) == 1


class TestReceiveOnAccount:
    def test_frees_the_limit_once_per_reference(self) -> None:
        account = make_account(used=4000)

        for _ in range(2):
            receive(account)
        receive(account, reference="B2")

        account.refresh_from_db()
        assert account.used_minor == -1000
        assert entries(account)[1:] == [("received", 2500, -2500)] * 2

    def test_of_another_amount_under_the_reference_is_refused(self) -> None:
        account = make_account(used=4000)
        receive(account)

        with pytest.raises(ReceiptConflict):
            receive(account, minor=2600)

        account.refresh_from_db()
        assert account.used_minor == 1500

    @pytest.mark.parametrize(("minor", "reference"), [(0, "B1"), (-5, "B1"), (5, " ")])
    def test_of_nonsense_is_refused(self, minor: int, reference: str) -> None:
        with pytest.raises(InvalidInput):
            receive(make_account(), minor=minor, reference=reference)

    def test_of_another_currency_is_refused(self) -> None:
        with pytest.raises(InvalidInput):
            receive_on_account(
                account_id=make_account().pk,
                amount=Money(5, "EUR"),
                reference="B1",
                actor_id=None,
            )


@pytest.mark.django_db(transaction=True)
class TestReceiptsAtTheSameMoment:
    def test_count_once(self) -> None:
        account = make_account(used=4000)

        race(lambda _: receive(account))

        account.refresh_from_db()
        assert account.used_minor == 1500
