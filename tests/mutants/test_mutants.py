"""What is said of changes that no test notices, and the list of those that nothing can notice."""

import ast

import pytest

from tests.mutants import __main__ as mutants
from tests.mutants.__main__ import Mutant

# The list may only shrink.
MOST_SURVIVORS = 32
DIFF = """\
--- apps/orders/rules.py
+++ apps/orders/rules.py
@@ -1,3 +1,3 @@
 def least(a):
-    return  a < 1 if a else (
-        --a)
+    return a <= 1
"""


class TestNames:
    @pytest.mark.parametrize(
        ("name", "function"),
        [
            ("apps.orders.rules.x_check_draft__mutmut_12", "orders.check_draft"),
            ("apps.orders.rules.x__complaint_of__mutmut_1", "orders._complaint_of"),
            ("apps.backfill.rules.xǁ_OpenSaleǁ__init____mutmut_3", "backfill._OpenSale.__init__"),
        ],
    )
    def test_are_those_of_the_functions(self, name: str, function: str) -> None:
        assert mutants.function_of(name) == function

    def test_are_followed_by_what_was_and_what_is(self) -> None:
        assert mutants.change_of(DIFF) == "return a < 1 if a else ( → --a) → return a <= 1"


class TestLookAt:
    @pytest.fixture(autouse=True)
    def _an_app(self, monkeypatch: pytest.MonkeyPatch) -> None:
        listed = {"shop.f: a → b": "no matter", "shop.f: a → c": "no matter"}
        found = [
            *[Mutant(function="shop.f", change="", is_killed=True)] * 38,
            Mutant(function="shop.f", change="a → b", is_killed=False),
            Mutant(function="shop.g", change="x → y", is_killed=False),
        ]
        monkeypatch.setattr(mutants, "known_survivors", lambda _: listed)
        monkeypatch.setattr(mutants, "mutants_of", lambda _: found)

    def test_names_what_is_not_listed_and_what_is_listed_for_nothing(self) -> None:
        assert mutants.look_at("shop") == [
            "no test notices  shop.g: x → y",
            "is noticed by now, or gone: strike  shop.f: a → c",
        ]

    def test_demands_that_most_is_noticed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(mutants, "LEAST_PERCENT", 95.1)

        assert mutants.look_at("shop")[-1] == "shop: less than 95.1 % noticed"


class TestTheList:
    def test_only_shrinks(self) -> None:
        assert sum(len(mutants.known_survivors(app)) for app in mutants.apps()) <= MOST_SURVIVORS

    @pytest.mark.parametrize("app", mutants.apps())
    def test_gives_reasons_and_names_functions_that_there_are(self, app: str) -> None:
        tree = ast.parse((mutants.ROOT / "apps" / app / "rules.py").read_text())
        functions = {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}

        for line, reason in mutants.known_survivors(app).items():
            assert line.split(": ")[0].rpartition(".")[2] in functions
            assert len(reason) > 10

    def test_holds_nothing_of_unknown_apps(self) -> None:
        lines = mutants.SURVIVORS.read_text().splitlines()

        known = sum(len(mutants.known_survivors(app)) for app in mutants.apps())
        assert known == len([one for one in lines if not one.startswith("#")])


class TestDigestOf:
    def test_differs_by_app_and_by_what_is_listed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        before = [mutants.digest_of(app) for app in mutants.apps()]
        assert len(set(before)) == len(before)

        monkeypatch.setattr(mutants, "known_survivors", lambda _: {"x": "y"})

        assert not {mutants.digest_of(app) for app in mutants.apps()} & set(before)
