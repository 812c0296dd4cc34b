"""Keep the translations in step with the sources: `python -m dev.translations`.

Finds what templates and code mark for translation, updates `locale/<language>/LC_MESSAGES/django.po`
and compiles it. Needs no gettext programs: templates become Python by Django's own `templatize`,
Python is read as syntax.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polib
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "locale"
LANGUAGES = ("de",)
PLURALS = {"de": "nplurals=2; plural=(n != 1);"}
_MARKS = {
    "_": ("one",),
    "gettext": ("one",),
    "gettext_lazy": ("one",),
    "gettext_noop": ("one",),
    "ngettext": ("one", "many"),
    "ngettext_lazy": ("one", "many"),
    "pgettext": ("context", "one"),
    "pgettext_lazy": ("context", "one"),
    "npgettext": ("context", "one", "many"),
}


@dataclass(frozen=True, slots=True, order=True)
class Text:
    """Something to be translated, and where it was found."""

    one: str
    many: str = ""
    context: str = ""
    place: str = field(default="", compare=False)

    @property
    def key(self) -> tuple[str, str]:
        return self.context, self.one


def find_texts() -> list[Text]:
    """All that is marked in templates and code, each once, with every place it was found."""
    found: dict[tuple[str, str], Text] = {}
    places: dict[tuple[str, str], list[str]] = {}
    for text in (*_of_templates(), *_of_code()):
        known = found.get(text.key)
        if known is None or (text.many and not known.many):
            found[text.key] = text
        if text.place not in places.setdefault(text.key, []):
            places[text.key].append(text.place)
    return [
        Text(one=text.one, many=text.many, context=text.context, place=" ".join(places[key]))
        for key, text in sorted(found.items(), key=lambda pair: (pair[1].one, pair[1].context))
    ]


def _of_templates() -> Iterator[Text]:
    for path in sorted([*ROOT.glob("templates/**/*"), *ROOT.glob("apps/**/templates/**/*")]):
        if path.suffix not in {".html", ".txt"}:
            continue
        source = templatize(path.read_text(), origin=str(path))
        place = str(path.relative_to(ROOT))
        for call in re.findall(
            r"\b(?:n?p?gettext|_)\((?:[^()\"']|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')*\)", source
        ):
            yield from _of_tree(ast.parse(call.replace("\n", " ")), place=place)


def _of_code() -> Iterator[Text]:
    for path in sorted((*ROOT.glob("apps/**/*.py"), *ROOT.glob("ecommerce/**/*.py"))):
        if "migrations" in path.parts:
            continue
        tree, place = ast.parse(path.read_text()), str(path.relative_to(ROOT))
        yield from _of_tree(tree, place=place)
        if path.name == "errors.py" or "errors" in path.parts:
            yield from _refusals(tree, place=place)
        if path.name == "rules.py":
            yield from _complaints(tree, place=place)


def _of_tree(tree: ast.AST, *, place: str) -> Iterator[Text]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        roles = _MARKS.get(name)
        values = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        if (
            roles
            and len(values) >= len(roles)
            and all(isinstance(one, str) for one in values[: len(roles)])
        ):
            yield Text(**dict(zip(roles, map(str, values), strict=False)), place=place)


def _refusals(tree: ast.AST, *, place: str) -> Iterator[Text]:
    """What a refusal says, `message` of its class: pages translate it when they show it."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        for line in node.body:
            target = (
                line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
            )
            value = getattr(line, "value", None)
            if getattr(target, "id", "") == "message" and isinstance(value, ast.Constant):
                yield Text(one=str(value.value), place=place)


def _complaints(tree: ast.AST, *, place: str) -> Iterator[Text]:
    """What rules say about fields, the values of `_MESSAGES`: forms translate them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_MESSAGES":
            for value in getattr(node.value, "values", []):
                yield Text(one=str(value.value), place=place)


def po_path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def mo_path(language: str) -> Path:
    return po_path(language).with_suffix(".mo")


def update(language: str) -> polib.POFile:
    """The language's texts as the sources have them now, each with its translation if there is one."""
    old = polib.pofile(str(po_path(language))) if po_path(language).exists() else polib.POFile()
    known = {(entry.msgctxt or "", entry.msgid): entry for entry in old}
    new = polib.POFile(wrapwidth=100)
    new.metadata = {
        "Project-Id-Version": "shop",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURALS[language],
    }
    for text in find_texts():
        new.append(_entry(text, known=known.get(text.key)))
    return new


def _entry(text: Text, *, known: polib.POEntry | None) -> polib.POEntry:
    entry = polib.POEntry(
        msgid=text.one,
        msgctxt=text.context or None,
        occurrences=[(place, "") for place in text.place.split()],
        flags=["python-format"] if re.search(r"%\(\w+\)s", text.one) else [],
    )
    if text.many:
        entry.msgid_plural = text.many
        entry.msgstr_plural = (
            dict(known.msgstr_plural) if known and known.msgstr_plural else {0: "", 1: ""}
        )
    else:
        entry.msgstr = known.msgstr if known else ""
    return entry


def main() -> None:
    """Bring every language up to date, and say what still wants translating."""
    if not settings.configured:
        settings.configure(USE_I18N=True)
    for language in LANGUAGES:
        catalogue = update(language)
        po_path(language).parent.mkdir(parents=True, exist_ok=True)
        catalogue.save(str(po_path(language)))
        catalogue.save_as_mofile(str(mo_path(language)))
        for entry in catalogue.untranslated_entries():
            print(f"{language}: not translated: {entry.msgid!r}")
        print(f"{language}: {len(catalogue)} texts, {catalogue.percent_translated()} % translated")


if __name__ == "__main__":
    main()
