"""Amounts as people write them, days as the law has them, and who is asking."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone, translation
from pytest_django import Settings

from apps.core.api.serializers import MomentField
from apps.core.selectors import client_address, day_of, money_text
from apps.core.types import Money

NBSP = "\N{NO-BREAK SPACE}"


class TestDayOf:
    @pytest.mark.parametrize(
        ("zone", "moment", "day"),
        [
            ("Europe/Berlin", datetime(2026, 12, 31, 23, 30, tzinfo=UTC), date(2027, 1, 1)),
            ("Europe/London", datetime(2026, 6, 30, 23, 30, tzinfo=UTC), date(2026, 7, 1)),
            ("America/New_York", datetime(2027, 1, 1, 1, 0, tzinfo=UTC), date(2026, 12, 31)),
        ],
    )
    def test_is_the_sellers_on_paper_and_on_pages(
        self, settings: Any, zone: str, moment: datetime, day: date
    ) -> None:
        settings.TIME_ZONE = zone
        page = Template('{{ moment|date:"Y-m-d" }}').render(Context({"moment": moment}))

        with timezone.override(ZoneInfo("Asia/Tokyo")):
            assert day_of(moment) == day
        assert page == day.isoformat()

    def test_changes_no_moment_that_programs_are_told(self, settings: Any) -> None:
        settings.TIME_ZONE = "Europe/Berlin"
        moment = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)

        assert MomentField().to_representation(moment) == "2026-12-31T23:30:00Z"
        assert MomentField().to_internal_value("2026-12-31T23:30:00") == moment


class TestMoneyText:
    @pytest.mark.parametrize(
        ("money", "language", "text"),
        [
            (Money(420, "GBP"), "en", "£4.20"),
            (Money(420, "EUR"), "de", f"4,20{NBSP}€"),
            (Money(123456789, "GBP"), "en", "£1,234,567.89"),
            (Money(123456789, "EUR"), "de", f"1.234.567,89{NBSP}€"),
            (Money(1500, "JPY"), "en", "¥1,500"),
            (Money(1235, "KWD"), "en", f"KWD{NBSP}1.235"),
            (Money(-420, "GBP"), "en", "−£4.20"),
            (Money(-420, "EUR"), "de", f"−4,20{NBSP}€"),
            (Money(0, "USD"), "en", "$0.00"),
        ],
    )
    def test_follows_the_language(self, money: Money, language: str, text: str) -> None:
        with translation.override(language):
            assert money_text(money) == text


class TestClientAddress:
    FORWARDED = {"HTTP_X_FORWARDED_FOR": "6.6.6.6, 1.1.1.1, 2.2.2.2", "REMOTE_ADDR": "9.9.9.9"}

    @pytest.mark.parametrize(
        ("proxies", "address"), [(0, "9.9.9.9"), (1, "2.2.2.2"), (2, "1.1.1.1"), (9, "6.6.6.6")]
    )
    def test_believes_as_many_proxies_as_there_are(
        self, proxies: int, address: str, settings: Settings
    ) -> None:
        settings.NUM_PROXIES = proxies

        assert client_address(self.FORWARDED) == address

    def test_without_the_header_is_the_peer(self, settings: Settings) -> None:
        settings.NUM_PROXIES = 1

        assert client_address({"REMOTE_ADDR": "9.9.9.9"}) == "9.9.9.9"

    @pytest.mark.parametrize(
        ("told", "counted"),
        [
            ("203.0.113.7", "203.0.113.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:DB8:1:2::1", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("nobody", "nobody"),
            ("", ""),
        ],
    )
    def test_of_version_six_is_counted_by_its_network(self, told: str, counted: str) -> None:
        assert client_address({"REMOTE_ADDR": told}) == counted
