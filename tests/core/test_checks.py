"""A mistake in SHOP is explained: where it is, and what to do."""

import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from apps.core.checks import check_shop
from apps.core.registry import Backend
from tests.architecture.source import ROOT

STRIPE = "apps.payments.providers.stripe.StripeProvider"
SECRETS = {"secret_key": "sk", "webhook_secret": "whsec"}
PATH = 'SHOP["PAYMENT_PROVIDERS"]'


def found(settings: Settings, **sections: Any) -> list[tuple[str, str]]:
    """What is wrong with the settings as they are, but for these sections."""
    settings.SHOP = {**deepcopy(settings.SHOP), **sections}
    return [(str(one.id), one.msg) for one in check_shop()]


class Unfit(Backend):
    pass


class TestTheCheck:
    def test_finds_nothing_in_the_shops_own_settings(self) -> None:
        assert check_shop() == []

    def test_is_one_of_djangos(self, settings: Settings) -> None:
        settings.SHOP = {**settings.SHOP, "LAMPS": {}}

        assert [one.id for one in run_checks() if str(one.id).startswith("shop.")] == ["shop.W001"]

    def test_names_a_section_that_nobody_has(self, settings: Settings) -> None:
        (error,) = found(settings, PAYMENT_PROVIDER={})

        assert error == ("shop.W001", 'SHOP["PAYMENT_PROVIDER"] is read by no installed app.')

    def test_tells_which_sections_there_are(self, settings: Settings) -> None:
        settings.SHOP = {**settings.SHOP, "LAMPS": {}}

        assert "BRAND, " in str(check_shop()[0].hint)
        assert "PAYMENT_PROVIDERS" in str(check_shop()[0].hint)

    @pytest.mark.parametrize("shop", [None, [], "stripe"])
    def test_wants_a_dictionary(self, settings: Settings, shop: object) -> None:
        settings.SHOP = shop

        assert [one.id for one in check_shop()] == ["shop.E001"]

    @pytest.mark.parametrize(
        ("name", "entry", "code", "words"),
        [
            ("a", {}, "E002", '["a"] names no BACKEND'),
            ("a", "dotted.Class", "E002", '["a"] names no BACKEND'),
            ("A b", {"BACKEND": STRIPE, "SECRETS": SECRETS}, "E002", "cannot stand in an address"),
            (
                "a" * 21,
                {"BACKEND": STRIPE, "SECRETS": SECRETS},
                "E002",
                "cannot stand in an address",
            ),
            (
                "a",
                {"BACKEND": STRIPE, "SECRETS": SECRETS, "KEY": 1},
                "E002",
                '["a"]["KEY"] is not known',
            ),
            ("a", {"BACKEND": "no.such.Class"}, "E003", '["a"]["BACKEND"] cannot be imported'),
            ("a", {"BACKEND": "Class"}, "E003", "cannot be imported"),
            ("a", {"BACKEND": "tests.core.test_checks.Unfit"}, "E004", "is no PaymentProvider"),
            ("a", {"BACKEND": "apps.payments.types.Outcome"}, "E004", "is no PaymentProvider"),
            (
                "a",
                {"BACKEND": "apps.payments.registry.PaymentProvider"},
                "E004",
                "does not do all it must: accepts, authorise, capture, fetch, option, refund",
            ),
            (
                "a",
                {"BACKEND": STRIPE, "SECRETS": SECRETS, "OPTIONS": {"timeout_secs": 1}},
                "E005",
                '["a"]["OPTIONS"] does not fit: Object contains unknown field `timeout_secs`',
            ),
            (
                "a",
                {"BACKEND": STRIPE, "SECRETS": SECRETS, "OPTIONS": {"timeout_seconds": "1"}},
                "E005",
                "Expected `int`, got `str` - at `$.timeout_seconds`",
            ),
            ("a", {"BACKEND": STRIPE}, "E006", "missing required field `secret_key`"),
        ],
    )
    def test_explains_an_entry(
        self, settings: Settings, name: str, entry: object, code: str, words: str
    ) -> None:
        (error,) = found(settings, PAYMENT_PROVIDERS={name: entry})

        assert error[0] == f"shop.{code}"
        assert error[1].startswith(PATH)
        assert words in error[1]

    def test_wants_secrets_where_logs_look_for_them(self, settings: Settings) -> None:
        entry = {"BACKEND": STRIPE, "OPTIONS": SECRETS}

        errors = found(settings, PAYMENT_PROVIDERS={"a": entry})

        assert [code for code, _ in errors] == ["shop.E005", "shop.E006"]

    @pytest.mark.parametrize(("offered", "codes"), [(True, ["shop.W002"]), (False, [])])
    def test_wants_the_secrets_of_what_is_offered(
        self, settings: Settings, offered: bool, codes: list[str]
    ) -> None:
        entry = {
            "BACKEND": STRIPE,
            "OFFERED": offered,
            "SECRETS": {**SECRETS, "webhook_secret": ""},
        }

        told = found(settings, PAYMENT_PROVIDERS={"a": entry})

        assert [code for code, _ in told] == codes
        assert all('["SECRETS"]["webhook_secret"] is empty' in words for _, words in told)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"NAME": None}, "Expected `str`, got `null` - at `$.NAME`"),
            ({"LOGO": "x"}, "unknown field `LOGO`"),
            ({"SELLER": {"NAME": "x"}}, "at `$.SELLER`"),
        ],
    )
    def test_explains_a_brand(self, settings: Settings, change: dict[str, Any], words: str) -> None:
        (error,) = found(settings, BRAND={**settings.SHOP["BRAND"], **change})

        assert error[0] == "shop.E007"
        assert words in error[1]


class TestTheCommand:
    """`manage.py check` itself, in a process of its own: it loads addresses, models and apps before it looks."""

    @pytest.mark.parametrize(
        ("section", "entry", "code"),
        [
            ("PAYMENT_PROVIDERS", {"BACKEND": STRIPE}, "shop.E006"),
            ("PAYMENT_PROVIDERS", {"BACKEND": "no.such.Class"}, "shop.E003"),
            ("PAYMENT_PROVIDERS", {"OPTIONS": {}}, "shop.E002"),
            ("NOTIFICATION_CHANNELS", {"BACKEND": "no.such.Class"}, "shop.E003"),
            ("SHIPPING_CARRIERS", {"BACKEND": "no.such.Class"}, "shop.E003"),
        ],
    )
    def test_explains_a_mistake_instead_of_dying_of_it(
        self, tmp_path: Path, section: str, entry: dict[str, Any], code: str
    ) -> None:
        (tmp_path / "mistaken.py").write_text(
            "from ecommerce.settings.test import *\n"
            f"SHOP = {{**SHOP, {section!r}: {{**SHOP[{section!r}], 'acme': {entry!r}}}}}\n"
        )

        done = subprocess.run(
            [sys.executable, "manage.py", "check"],
            env=os.environ
            | {"DJANGO_SETTINGS_MODULE": "mistaken", "PYTHONPATH": os.fspath(tmp_path)},
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

        assert f"({code}) SHOP" in done.stderr
        assert '["acme"]' in done.stderr
        assert "Traceback" not in done.stderr
