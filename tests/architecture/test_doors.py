"""Nothing but its own folder knows the name of what stands behind a door of the shop."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, python_files, shown, tree_of

PROVIDERS = ROOT / "apps" / "payments" / "providers"
# A word of everyday use, which is a provider's name only where it is given as one.
EVERYDAY = frozenset({"account"})
_AS_PROVIDER = re.compile(r"gateway|provider")


def names() -> set[str]:
    """The payment providers that the shop brings along."""
    return {path.name for path in PROVIDERS.iterdir() if (path / "provider.py").exists()}


def own_files() -> Iterator[Path]:
    """The code that must not know them: all but their folders and the settings."""
    for path in python_files("apps", "ecommerce"):
        if PROVIDERS not in path.parents and "settings" not in path.parts:
            yield path


def named_in(tree: ast.Module) -> list[str]:
    """The providers that a module names in a text, or passes or compares as one."""
    strange = names() - EVERYDAY
    words = re.compile(rf"\b({'|'.join(sorted(strange))})\b", re.IGNORECASE)
    docstrings = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings
    ]
    return [text for text in texts if words.search(text)] + list(_given_as_provider(tree))


def _given_as_provider(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and _AS_PROVIDER.search(node.arg or ""):
            values = [node.value]
        elif isinstance(node, ast.Compare) and _AS_PROVIDER.search(ast.unparse(node.left)):
            values = node.comparators
        else:
            continue
        yield from (
            str(value.value)
            for value in values
            if isinstance(value, ast.Constant) and value.value in EVERYDAY
        )


class TestPaymentProviders:
    def test_are_named_in_their_own_folders_alone(self) -> None:
        found = {shown(path): named_in(tree_of(path)) for path in own_files()}

        assert len(found) > 150
        assert {path: what for path, what in found.items() if what} == {}

    def test_are_named_in_no_template_but_their_own(self) -> None:
        words = re.compile(rf"\b({'|'.join(sorted(names() - EVERYDAY))}|tok_\w+)\b", re.IGNORECASE)
        templates = [
            path
            for folder in ("apps", "templates")
            for path in (ROOT / folder).rglob("*")
            if path.suffix in {".html", ".txt", ".js"} and PROVIDERS not in path.parents
        ]

        assert len(templates) > 90
        assert [shown(path) for path in templates if words.search(path.read_text())] == []

    def test_are_imported_by_nothing(self) -> None:
        for path in own_files():
            assert "apps.payments.providers" not in path.read_text(), shown(path)

    @pytest.mark.parametrize(
        "code",
        [
            'chosen = "stripe" if page else ""',
            'place(gateway="fake")',
            'place(gateway="account")',
            'if payment.gateway == "account": pass',
            'note = "Stripe does not answer"',
        ],
    )
    def test_that_are_named_are_noticed(self, code: str) -> None:
        assert named_in(ast.parse(code))

    @pytest.mark.parametrize(
        "code", ['path("account/", name="account")', 'fields = ["account"]', 'kind = "fakes"']
    )
    def test_everyday_words_are_left_alone(self, code: str) -> None:
        assert named_in(ast.parse(code)) == []


# The shop that is shown here, as a stranger would find it in the code.
_BRAND = re.compile(
    r"alder|\bbrine\b|salt works|fraunces|figtree|storefront/(?:brand|fonts)/", re.IGNORECASE
)


def branded(paths: Iterable[Path]) -> list[str]:
    """The files that speak of this shop's brand."""
    return [shown(path) for path in paths if _BRAND.search(path.read_text(errors="ignore"))]


class TestTheBrand:
    def test_stands_in_the_settings_and_the_owners_folders_alone(self) -> None:
        files = [
            path
            for folder in ("apps", "ecommerce")
            for path in (ROOT / folder).rglob("*.*")
            if path.suffix in {".py", ".html", ".txt", ".css", ".js", ".svg", ".json", ".md"}
        ]

        assert len(files) > 500
        assert branded(files) == ["ecommerce/settings/shop.py"]

    def test_that_stands_elsewhere_is_noticed(self) -> None:
        assert branded([ROOT / "templates" / "storefront" / "parts" / "logo.html"])
        assert branded([ROOT / "static" / "storefront" / "css" / "tokens.css"])
