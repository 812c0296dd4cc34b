"""Every periodic task that goes over rows lets none of them stop the others."""

import ast
import textwrap
from pathlib import Path

import pytest

from ecommerce.schedule import SCHEDULE
from tests.architecture.source import ROOT, tree_of

# What isolates its rows by other means, and where it says so.
OTHERWISE = {
    "events.sweep": "each delivery in a savepoint of its own",
    "jobs.resume_lost": "asks for a worker of each, and changes no row",
    "deadletters.collect": "each queue alone; letters are written as they are",
    "events.report_lag": "changes no row",
    "audit.check_all": "changes no row of theirs; each promise is one statement",
    "audit.resume_check": "only sends a task",
    "audit.check_shop": "changes no row; each promise is one statement",
    "audit.prune": "each model alone, in batches that are all or nothing",
    "inventory.recount": "each piece of the levels is one statement",
}
LOOPS = (ast.For, ast.While, ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp)


def loops_by_hand(function: ast.FunctionDef) -> bool:
    """Whether a sweep works its rows in a loop of its own, or not through `each_alone`."""
    nodes = list(ast.walk(function))
    calls = {
        node.func.id
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return "each_alone" not in calls or any(isinstance(node, LOOPS) for node in nodes)


def function_of(task: str) -> ast.FunctionDef:
    """The service that a task is named after, wherever in its app's services it is defined."""
    app, _, name = task.partition(".")
    services = ROOT / "apps" / app / "services"
    paths = services.glob("*.py") if services.is_dir() else [Path(f"{services}.py")]
    found = [
        node
        for path in paths
        for node in tree_of(path).body
        if isinstance(node, ast.FunctionDef) and node.name == name
    ]
    (function,) = found
    return function


SWEEPS = sorted({row["task"] for row in SCHEDULE.values()} - OTHERWISE.keys())


class TestSweeps:
    @pytest.mark.parametrize("task", SWEEPS)
    def test_work_each_row_alone(self, task: str) -> None:
        assert not loops_by_hand(function_of(task))

    def test_that_need_no_helper_are_still_scheduled(self) -> None:
        assert OTHERWISE.keys() <= {row["task"] for row in SCHEDULE.values()}

    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ("return sum(expire(one) for one in late)", True),
            ("for one in late:\n        expire(one)", True),
            ("return each_alone('x', late, expire)", False),
            ("each_alone('x', late, expire)\n    for one in rest:\n        expire(one)", True),
        ],
    )
    def test_with_a_loop_of_their_own_are_noticed(self, body: str, wrong: bool) -> None:
        module = ast.parse(textwrap.dedent(f"def sweep():\n    {body}\n"))
        (function,) = module.body
        assert isinstance(function, ast.FunctionDef)

        assert loops_by_hand(function) is wrong
