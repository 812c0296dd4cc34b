"""Migrations stand on their own: whatever the code becomes, an old database can be brought up."""

import ast
import re
from io import StringIO

import pytest
from django.core.management import call_command

from tests.architecture.source import ROOT, python_files, shown

# "0007_2026…" and "0007_auto_…" say nothing; "0001_initial" says enough.
NAMED = re.compile(r"\d{4}_(?!auto_)[a-z]\w*$")
# A migration may state where a file field stores, or use the type of a library; never our code.
FILES = sorted((ROOT / "apps").glob("*/migrations/[0-9]*.py"))


def imported_apps(source: str) -> list[str]:
    """Modules of the shop that a migration's code imports."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return [
        name for name in names if name.split(".")[0] in {"apps", "ecommerce", "dev", "examples"}
    ]


class TestMigrations:
    def test_import_none_of_the_shop(self) -> None:
        guilty = {shown(path): imported_apps(path.read_text()) for path in FILES}

        assert len(FILES) >= 11
        assert {path: names for path, names in guilty.items() if names} == {}

    def test_that_import_the_shop_are_noticed(self) -> None:
        assert imported_apps("import apps.accounts.models") == ["apps.accounts.models"]
        assert imported_apps("from apps.core.types import Money") == ["apps.core.types"]
        assert imported_apps("from django.db import migrations") == []

    def test_are_named_by_hand(self) -> None:
        assert [shown(path) for path in FILES if not NAMED.match(path.stem)] == []

    @pytest.mark.parametrize(
        ("name", "good"),
        [("0001_initial", True), ("0002_product_gtin", True), ("0002_auto_20260101_1200", False)],
    )
    def test_without_a_name_are_noticed(self, name: str, good: bool) -> None:
        assert bool(NAMED.match(name)) is good

    def test_that_the_code_names_are_there(self) -> None:
        told = [
            (app, number)
            for path in python_files("apps", "ecommerce")
            for app, number in re.findall(r"migration (\w+)/(\d{4})", path.read_text())
        ]

        there = {(path.parts[-3], path.stem[:4]) for path in FILES}
        assert ("core", "0001") in told
        assert set(told) - there == set()

    @pytest.mark.django_db
    def test_say_all_that_the_models_say(self) -> None:
        call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())

    @pytest.mark.django_db
    def test_a_model_without_a_migration_is_noticed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from apps.catalog.models import Brand

        monkeypatch.setattr(Brand._meta.get_field("name"), "max_length", 101)

        with pytest.raises(SystemExit) as refusal:
            call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())

        assert refusal.value.code == 1
