"""What stands in the settings is made once, when it is asked for, and anew when the settings change."""

import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.template import TemplateDoesNotExist, engines
from django.template.loader import get_template
from django.test import override_settings
from pytest_django import Settings

from apps.core import registry
from apps.core.registry import Backend, Secret, Section, known_secrets

LAMP = "tests.core.test_registry.Lamp"
NO_KEY = Secret("")


class Lamp(Backend):
    made = 0

    def __init__(self, *, colour: str = "white", key: Secret = NO_KEY) -> None:
        self.colour, self.key = colour, key
        Lamp.made += 1


@pytest.fixture
def lamps(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Section[Lamp]:
    monkeypatch.setattr(registry, "SECTIONS", {})
    settings.SHOP = {
        "LAMPS": {
            "red": {"BACKEND": LAMP, "OPTIONS": {"colour": "red"}, "SECRETS": {"key": "s3cret"}},
            "off": {"BACKEND": LAMP, "LIT": False},
        }
    }
    Lamp.made = 0
    return Section("LAMPS", port=Lamp, switches=("LIT",))


class TestASection:
    def test_makes_each_backend_once_and_not_before_it_is_asked_for(
        self, lamps: Section[Lamp]
    ) -> None:
        assert (lamps.names, Lamp.made) == (("red", "off"), 0)

        red = lamps.get("red")

        assert (red.name, red.colour, red.key) == ("red", "red", "s3cret")
        assert lamps.get("red") is red
        assert Lamp.made == 1

    def test_knows_what_is_switched_on(self, lamps: Section[Lamp]) -> None:
        assert lamps.switched_on("LIT") == ("red",)
        assert lamps.find("off") is not None

    def test_of_nobody_says_where_to_look(self, lamps: Section[Lamp]) -> None:
        assert lamps.find("green") is None
        with pytest.raises(ImproperlyConfigured, match=r'SHOP\["LAMPS"\] has no "green"'):
            lamps.get("green")

    def test_is_read_anew_when_the_settings_change(self, lamps: Section[Lamp]) -> None:
        before = lamps.get("red")
        with override_settings(
            SHOP={"LAMPS": {"red": {"BACKEND": LAMP, "OPTIONS": {"colour": "rose"}}}}
        ):
            assert lamps.get("red").colour == "rose"
            assert lamps.find("off") is None

        assert lamps.get("red").colour == "red"
        assert lamps.get("red") is not before

    def test_that_is_not_there_is_empty(self, lamps: Section[Lamp], settings: Settings) -> None:
        settings.SHOP = {}

        assert (lamps.names, lamps.find("red")) == ((), None)


class TestSecrets:
    def test_are_known_without_loading_what_they_belong_to(self, settings: Settings) -> None:
        settings.SHOP = {
            "BRAND": {"NAME": "x"},
            "LAMPS": {"a": {"BACKEND": "no.such.Lamp", "SECRETS": {"key": "s3cret"}}, "b": {}},
        }

        assert list(known_secrets()) == ["s3cret"]
        assert "no" not in sys.modules


class TestTemplates:
    def test_beside_a_backend_are_found_only_while_it_is_entered(self, settings: Settings) -> None:
        name = "payments/stripe/option.html"
        loaders = engines["django"].engine.template_loaders
        assert get_template(name).origin.name.endswith(f"providers/stripe/templates/{name}")
        loaders[0].reset()

        settings.SHOP = {"LAMPS": {"a": {"BACKEND": "no.such.Lamp"}, "b": {"BACKEND": "Lamp"}}}

        with pytest.raises(TemplateDoesNotExist):
            get_template(name)
        loaders[0].reset()
