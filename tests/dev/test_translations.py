"""The translations keep step with the sources."""

import re
from pathlib import Path

import django
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from dev.translations import (
    LANGUAGES,
    PACKAGES,
    SHOP,
    Package,
    files,
    find_texts,
    kept,
    pairs_of,
    untranslated,
    update,
)
from tests.architecture.source import ROOT
from tests.architecture.test_templates import templates

Key = tuple[str, str]


def key_of(text: Message) -> Key:
    return text.context or "", text.id[0] if text.pluralizable else text.id


def by_key(catalogue: Catalog) -> dict[Key, Message]:
    return {key_of(text): text for text in catalogue if text.id}


def forms_of(text: Message) -> tuple[str, ...]:
    return tuple(text.string) if text.pluralizable else (text.string,)


def test_who_takes_the_money_is_called_a_payment_provider() -> None:
    """But for the columns, which keep their names (CONTEXT.md)."""
    said = {text.id for text in find_texts(SHOP) if "gateway" in str(text.id).lower()}

    assert said == {"gateway", "gateway reference", "compared with the gateway"}


@pytest.mark.parametrize(
    ("package", "language"),
    [
        pytest.param(package, language, id=f"{package.folder.name}-{language}")
        for package, language in pairs_of(PACKAGES)
    ],
)
class TestTheTranslations:
    def test_hold_every_text_and_no_other(self, package: Package, language: str) -> None:
        assert by_key(kept(package, language)).keys() == by_key(find_texts(package)).keys(), (
            "Run `python -m dev.translations`."
        )

    def test_leave_nothing_untranslated(self, package: Package, language: str) -> None:
        assert untranslated(update(package, language)) == []

    def test_keep_every_placeholder(self, package: Package, language: str) -> None:
        catalogue = kept(package, language)
        for (_, source), text in by_key(catalogue).items():
            # "Two pieces" is one word where there is a dual, and needs no figure.
            needs_none = text.pluralizable and catalogue.num_plurals > 3
            for said in forms_of(text):
                least = 0 if needs_none else source.count("%(")
                assert least <= said.count("%(") <= source.count("%("), source
                assert said.count("<em>") == source.count("<em>"), source
                # What stands in its place by position must be there in every form, or Python refuses it.
                assert said.count("%s") == source.count("%s"), source
            assert needs_none or text.check() == [], source

    def test_are_compiled(self, package: Package, language: str) -> None:
        with package.mo_path(language).open("rb") as file:
            compiled = by_key(read_mo(file))

        for key, text in by_key(kept(package, language)).items():
            assert forms_of(compiled[key]) == forms_of(text)


def test_every_language_that_the_shop_offers_is_complete() -> None:
    assert {*LANGUAGES, "en"} == {code for code, _ in settings.LANGUAGES}


# How each language would speak to a friend; shoppers are strangers. Django's own messages are held to it too.
_FAMILIAR = {
    "de": r"\b([Dd]u|[Dd]ein\w*|[Dd]ir|[Dd]ich|[Gg]ib|[Ww]ähle|[Ee]uch|[Ee]uer\w*)\b",
    "fr": r"\b([Tt]u|[Tt]on|[Tt]es|[Tt]oi)\b",
    "es": r"\b(tú|[Tt]us?|te|puedes|tienes|eres|debes|[Ii]ntroduce|Elige|has)\b",
}


@pytest.mark.parametrize("language", _FAMILIAR)
def test_addresses_everybody_in_one_form(language: str) -> None:
    ours = [said for text in kept(SHOP, language) if text.id for said in forms_of(text)]
    with translation.override(language):
        theirs = [gettext(text) for text in messages_of_django()]

    assert len(theirs) > 80
    familiar = [said for said in (*ours, *theirs) if re.search(_FAMILIAR[language], said)]
    assert familiar == []


def messages_of_django() -> list[str]:
    """What Django says in forms: to shoppers, and to staff."""
    found: set[str] = set()
    for name in ("forms/fields", "forms/models", "forms/formsets", "core/validators",
                 "contrib/auth/forms", "contrib/auth/password_validation",
                 "db/models/base", "db/models/fields/__init__"):  # fmt: skip
        path = Path(django.__file__).parent / f"{name}.py"
        for _, text, _, _ in extract("python", path.open("rb")):
            found |= {text} if isinstance(text, str) else set(filter(None, text))
    return sorted(found)


class TestFindingTexts:
    def test_sees_templates_forms_and_refusals(self) -> None:
        found = by_key(find_texts(SHOP))

        def places(text: str) -> list[str]:
            return [place for place, _ in found["", text].locations]

        assert "apps/storefront/templates/storefront/cart.html" in places("Your cart")
        assert "apps/refunds/admin/decisions.py" in places("Units to take back")  # in an f-string
        assert "apps/storefront/forms.py" in places("Street and number")
        assert "apps/cart/errors.py" in places("There is no such cart.")
        assert "apps/accounts/rules.py" in places("This value does not fit the country.")
        assert found["", "%(total)s product"].id[1] == "%(total)s products"
        assert ("price", "from") in found

    def test_sees_every_template_of_the_shop(self) -> None:
        """Those of a payment provider lie deeper than those of an app."""
        looked_at = {path for path in files(SHOP, SHOP.templates, ending="*") if path.is_file()}
        there = {
            path for path in templates() if path.relative_to(ROOT).parts[0] in {"apps", "templates"}
        }

        assert there - looked_at == set()

    def test_begins_the_texts_of_a_package_that_is_new(self, tmp_path: Path) -> None:
        (tmp_path / "views.py").write_text("_('Pay by acorn')")

        begun = update(Package(folder=tmp_path), "de")

        assert untranslated(begun) == ["Pay by acorn"]

    def test_sees_what_lacks_one_of_its_forms(self) -> None:
        catalogue = Catalog(locale="de")
        catalogue.add(("one", "many"), string=("eins", ""))
        catalogue.add("whole", string="ganz")
        catalogue.add("empty")

        assert untranslated(catalogue) == ["('one', 'many')", "empty"]
