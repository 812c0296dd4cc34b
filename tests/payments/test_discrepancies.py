"""A discrepancy counts from when it was first seen, and ends alone."""

from datetime import timedelta

import pytest

from apps.core.types import Money
from apps.payments.models import Discrepancy, DiscrepancyKind
from apps.payments.services.discrepancies import note_discrepancy, settle_discrepancy

pytestmark = pytest.mark.django_db
KIND = DiscrepancyKind.UNKNOWN


def note(reference: str) -> Discrepancy:
    return note_discrepancy(
        gateway="stripe", reference=reference, kind=KIND, amount=Money(100, "GBP")
    )


class TestNoteDiscrepancy:
    def test_seen_again_counts_from_the_first_time(self) -> None:
        first = note("pi_1")
        long_ago = first.first_seen_at - timedelta(hours=1)
        Discrepancy.objects.update(first_seen_at=long_ago)

        assert note("pi_1").first_seen_at == long_ago

    def test_that_has_come_back_counts_anew(self) -> None:
        first = note("pi_1")
        settle_discrepancy(gateway="stripe", reference="pi_1", kind=KIND)

        again = note("pi_1")

        assert (again.pk, again.settled_at) == (first.pk, None)
        assert again.first_seen_at > first.first_seen_at


class TestSettleDiscrepancy:
    def test_ends_that_one_and_no_other(self) -> None:
        for reference in ("pi_1", "pi_2"):
            note(reference)

        settle_discrepancy(gateway="stripe", reference="pi_1", kind=KIND)

        still_open = Discrepancy.objects.filter(settled_at=None)
        assert [one.gateway_reference for one in still_open] == ["pi_2"]
