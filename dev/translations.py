"""Keep the translations in step with the sources: `python -m dev.translations`.

Finds what templates and code mark for translation, updates `locale/<language>/LC_MESSAGES/django.po`
and compiles it; of the shop, and of the add-on that is its example. Needs no gettext programs: Django's
own `templatize` makes Python of a template, and Babel reads that, writes and compiles.
"""

import ast
import io
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ("de", "fr", "es", "ar")


@dataclass(frozen=True, kw_only=True)
class Package:
    """What is translated together: where its `locale` lies, and which folders below that hold its texts."""

    folder: Path
    code: tuple[str, ...] = (".",)
    templates: tuple[str, ...] = ("templates",)
    languages: tuple[str, ...] = LANGUAGES

    def po_path(self, language: str) -> Path:
        """Where the translations into a language are on record."""
        return self.folder / "locale" / language / "LC_MESSAGES" / "django.po"

    def mo_path(self, language: str) -> Path:
        """Where the translations into a language are compiled to."""
        return self.po_path(language).with_suffix(".mo")


SHOP = Package(
    folder=ROOT, code=("apps", "ecommerce"), templates=("templates", "apps/**/templates")
)
# One language besides English is enough to show how an add-on brings its own.
ADD_ON = Package(folder=ROOT / "examples" / "addon" / "shop_ecolabel", languages=("de",))
PACKAGES = (SHOP, ADD_ON)
_LAZY = {f"{name}_lazy": DEFAULT_KEYWORDS[name] for name in ("gettext", "ngettext", "pgettext")}
_KEYWORDS = DEFAULT_KEYWORDS | _LAZY | {"gettext_noop": None}


def find_texts(package: Package) -> Catalog:
    """All that is marked in templates and code, each once, with every file in which it was found."""
    found = Catalog()
    for path in files(package, package.code, ending="*.py"):
        if "migrations" not in path.parts:
            tree = ast.parse(path.read_text())
            _add(found, path, source="\n".join(_marking_calls(tree)))
            for text in _unmarked(tree, path=path):
                found.add(text, locations=[(_shown(path), 0)])
    for path in files(package, package.templates, ending="*"):
        if path.suffix in {".html", ".txt"}:
            # What is no text to be translated has become a row of letters, whose indentation means nothing.
            source = templatize(path.read_text(), origin=str(path))
            _add(found, path, source=re.sub(r"^\s+", "", source, flags=re.MULTILINE))
    return found


def files(package: Package, folders: Iterable[str], *, ending: str) -> Iterator[Path]:
    """The files below folders of a package, which may be patterns, that end so."""
    for folder in folders:
        yield from sorted(package.folder.glob(f"{folder}/**/{ending}"))


def _add(found: Catalog, path: Path, *, source: str) -> None:
    for _, text, _, context in extract("python", io.BytesIO(source.encode()), keywords=_KEYWORDS):
        found.add(text, locations=[(_shown(path), 0)], context=context)


def _marking_calls(tree: ast.Module) -> Iterator[str]:
    """The calls that mark a text, each by itself: Babel looks into no f-string before Python 3.12."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", "") or getattr(node.func, "id", "")
            if name in _KEYWORDS:
                yield ast.unparse(node)


def _unmarked(tree: ast.Module, *, path: Path) -> Iterator[str]:
    """What a refusal says, `message` of its class: pages translate it when they show it. And what rules
    say about fields, the values of `_MESSAGES`: forms translate them.
    """
    is_errors = path.name == "errors.py" or "errors" in path.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and is_errors:
            yield from (text for line in node.body for text in _texts_of("message", line))
        elif path.name == "rules.py":
            yield from _texts_of("_MESSAGES", node)


def _texts_of(name: str, node: ast.AST) -> Iterator[str]:
    """The text, or the texts of the mapping, that a statement gives to a name."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    if getattr(targets[0], "id", "") == name:
        value = getattr(node, "value", None)
        for one in getattr(value, "values", [value]):
            if isinstance(one, ast.Constant):
                yield str(one.value)


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def kept(package: Package, language: str) -> Catalog:
    """The language's texts as they are on record; none yet of a package that is new."""
    if not package.po_path(language).exists():
        return Catalog(locale=language, project=package.folder.name, version="1.0", fuzzy=False)
    with package.po_path(language).open("rb") as file:
        return read_po(file, locale=language)


def update(package: Package, language: str) -> Catalog:
    """The language's texts as the sources have them now, each with its translation if there is one."""
    catalogue = kept(package, language)
    catalogue.update(find_texts(package), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    return catalogue


def untranslated(catalogue: Catalog) -> list[str]:
    """The texts that lack a translation, or one of its forms."""
    return [str(text.id) for text in catalogue if text.id and not all(_forms_of(text))]


def _forms_of(text: Message) -> tuple[object, ...]:
    return tuple(text.string) if isinstance(text.string, tuple | list) else (text.string,)


def pairs_of(packages: Iterable[Package]) -> list[tuple[Package, str]]:
    """Each package with each language that it is translated into."""
    return [(package, language) for package in packages for language in package.languages]


def main() -> None:
    """Bring every language up to date, and say what still wants translating.

    With folders on the command line: of the packages that these are, instead of the shop's own.
    """
    settings.configure(USE_I18N=True)
    named = [Package(folder=Path(name).resolve()) for name in sys.argv[1:]]
    for package, language in pairs_of(named or PACKAGES):
        catalogue = update(package, language)
        package.po_path(language).parent.mkdir(parents=True, exist_ok=True)
        with package.po_path(language).open("wb") as file:
            write_po(file, catalogue, width=100, sort_output=True, include_lineno=False)
        with package.mo_path(language).open("wb") as file:
            write_mo(file, catalogue)
        for text in untranslated(catalogue):
            print(f"{language}: not translated: {text!r}")
        print(f"{package.folder.name}, {language}: {len(catalogue)} texts")


if __name__ == "__main__":
    main()
