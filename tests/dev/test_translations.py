"""The translations keep step with the sources."""

import polib
import pytest

from dev.translations import LANGUAGES, find_texts, mo_path, po_path, update


@pytest.mark.parametrize("language", LANGUAGES)
class TestTheTranslations:
    def test_hold_every_text_and_no_other(self, language: str) -> None:
        kept = {(one.msgctxt or "", one.msgid) for one in polib.pofile(str(po_path(language)))}

        assert kept == {text.key for text in find_texts()}, "Run `python -m dev.translations`."

    def test_leave_nothing_untranslated(self, language: str) -> None:
        missing = [entry.msgid for entry in update(language).untranslated_entries()]

        assert missing == []

    def test_keep_every_placeholder(self, language: str) -> None:
        for entry in polib.pofile(str(po_path(language))):
            for said in entry.msgstr_plural.values() or [entry.msgstr]:
                assert said.count("%(") == entry.msgid.count("%("), entry.msgid
                assert said.count("<em>") == entry.msgid.count("<em>"), entry.msgid

    def test_are_compiled(self, language: str) -> None:
        compiled = {(one.msgctxt, one.msgid): one for one in polib.mofile(str(mo_path(language)))}

        for entry in polib.pofile(str(po_path(language))):
            found = compiled.get((entry.msgctxt, entry.msgid), polib.POEntry())
            assert (found.msgstr, found.msgstr_plural) == (entry.msgstr, entry.msgstr_plural)


class TestFindingTexts:
    def test_sees_templates_forms_and_refusals(self) -> None:
        found = {text.key: text for text in find_texts()}

        assert "apps/storefront/templates/storefront/cart.html" in found["", "Your cart"].place
        assert "apps/storefront/forms.py" in found["", "Street and number"].place
        assert "apps/cart/errors.py" in found["", "There is no such cart."].place
        assert "apps/accounts/rules.py" in found["", "This value does not fit the country."].place
        assert found["", "%(total)s product"].many == "%(total)s products"
        assert ("price", "from") in found
