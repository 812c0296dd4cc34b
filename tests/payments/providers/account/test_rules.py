import pytest

from apps.payments.providers.account.rules import is_purchase_order


class TestIsPurchaseOrder:
    @pytest.mark.parametrize("number", ["7", "PO-7", "PO 2026/11", "Bestellung Nº 4711", "x" * 40])
    def test_takes_what_stands_in_a_customers_books(self, number: str) -> None:
        assert is_purchase_order(number)

    @pytest.mark.parametrize("number", ["", "x" * 41, " PO-7", "PO-7 ", "PO\n7", "PO\x007", " "])
    def test_refuses_what_does_not(self, number: str) -> None:
        assert not is_purchase_order(number)
