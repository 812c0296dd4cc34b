"""Which changes of services there are, and that the sample of them stays."""

import ast

import pytest

from tests.mutants import services
from tests.mutants.services import Change, changes_of

SOURCE = """\
# ä
def f(a, b):
    if a < 1 and b:
        return min(a, "ü", b)
    return rows.filter(pk=a, is_open=True)
"""
CHANGED = {
    "if False:",
    "if (a < 1):",
    "if (a <= 1) and b:",
    "return (a)",
    "return rows.filter(pk=a)",
}


class TestChangesOf:
    def test_take_each_guard_out_and_move_each_bound(self) -> None:
        before = SOURCE.splitlines()

        after = [
            one.applied_to(SOURCE.encode()).decode().splitlines()
            for one in changes_of("apps/shop/services/f.py", SOURCE.encode())
        ]

        changed = [
            [new.strip() for old, new in zip(before, one, strict=True) if old != new]
            for one in after
        ]
        assert sorted(changed) == sorted([one] for one in CHANGED)

    def test_name_the_line_and_the_app(self) -> None:
        (change,) = changes_of("apps/shop/services/f.py", b"x = 1 if y else 2\n")

        assert change == Change(
            path="apps/shop/services/f.py", line="x = 1 if y else 2", start=9, end=10, new="False"
        )
        assert change.app == "shop"


class TestSample:
    def test_is_the_same_each_time_and_of_every_app(self) -> None:
        chosen = services.sample(services.SIZE)

        assert chosen == services.sample(services.SIZE)
        assert len(chosen) == services.SIZE
        assert {one.app for one in chosen} == set(services.APPS)

    def test_stays_where_a_module_grows_above_it(self) -> None:
        (here,) = changes_of("f.py", b"x = 1 if y else 2\n")
        (there,) = changes_of("f.py", b"z = 3\n\nx = 1 if y else 2\n")

        assert here.rank == there.rank

    @pytest.mark.parametrize("app", services.APPS)
    def test_changes_one_expression_for_another(self, app: str) -> None:
        for change in services.sample(10_000):
            if change.app == app:
                source = (services.ROOT / change.path).read_bytes()
                ast.parse(change.applied_to(source))
                assert change.applied_to(source) != source
