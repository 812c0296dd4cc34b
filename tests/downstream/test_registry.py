"""A mistake in who hears what is explained before anything starts."""

from typing import Any

import pytest

from apps.core.checks import check_shop
from apps.downstream.registry import complaints_about
from ecommerce.settings.downstream import DOWNSTREAM


class TestComplaints:
    def test_are_none_about_the_shops_own_table(self) -> None:
        assert list(complaints_about(DOWNSTREAM)) == []

    @pytest.mark.parametrize(
        ("table", "path", "words"),
        [
            ([], "", "is not a dictionary"),
            ({"ERP": ()}, "['ERP']", "cannot be a queue's"),
            ({"a" * 21: ()}, f"['{'a' * 21}']", "cannot be a queue's"),
            ({"erp": "orders.*"}, "['erp']", "is no list of types"),
            ({"erp": ("orders.order.dreamt.v1",)}, "['erp']", "fits no public event"),
            ({"erp": ("orders.payment.*",)}, "['erp']", "fits no public event"),
        ],
    )
    def test_say_where_and_what(self, table: Any, path: str, words: str) -> None:
        ((where, problem, hint),) = complaints_about(table)

        assert where == path
        assert words in problem
        assert hint

    def test_are_errors_of_djangos_checks(self, settings: Any) -> None:
        settings.SHOP = {**settings.SHOP, "DOWNSTREAM": {"erp": ("nothing.*",)}}

        (error,) = [one for one in check_shop() if one.id == "shop.E008"]

        assert (
            error.msg
            == "SHOP[\"DOWNSTREAM\"]['erp'] names 'nothing.*', which fits no public event."
        )
