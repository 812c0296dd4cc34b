"""What the code puts on record is on the dashboard and in the operators' list, and nothing else is."""

import ast
import re
from collections.abc import Iterator

import pytest

from apps.core.types import Metric
from infra.stacks import STACKS, template_of
from tests.architecture.source import ROOT, python_files, tree_of
from tests.infra.rules import resources

OBSERVABILITY = next(template_of(stack) for stack in STACKS if stack.name == "observability")


def figures(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The name and the dimensions of each figure that a module puts on record."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record_metric":
            given = {one.arg: one.value for one in node.keywords}
            given.pop("value", None)
            (metric,) = node.args
            assert isinstance(metric, ast.Attribute), "which figure it is must be written out"
            yield Metric[metric.attr], tuple(sorted(map(str, given)))


RECORDED = {one for path in python_files("apps", "ecommerce") for one in figures(tree_of(path))}
NAMES = {name for name, _ in RECORDED}


def test_each_figure_that_has_a_name_is_put_on_record() -> None:
    assert set(Metric) == NAMES


def test_a_figure_is_read_off_the_code() -> None:
    code = "record_metric(Metric.DEAD_LETTERS, value=1, target=x)\nother(Metric.STOCK_DRIFT)"

    assert list(figures(ast.parse(code))) == [("DeadLetters", ("target",))]
    assert ("OrdersAccepted", ()) in RECORDED


def test_the_list_has_every_figure_and_no_other() -> None:
    page = (ROOT / "docs" / "operations.md").read_text().partition("## Run books")[0]
    listed = {
        (name, tuple(sorted(re.findall(r"`(\w+)`", by))))
        for name, by in re.findall(r"^\| `(\w+)` \|([^|]*)\|", page, re.MULTILINE)
    }

    assert listed == RECORDED


def test_the_dashboard_shows_every_figure() -> None:
    body = OBSERVABILITY["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]

    assert [name for name in sorted(NAMES) if f'"{name}' not in body] == []


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_dashboard_searches_by_the_dimensions_that_there_are(name: str) -> None:
    body = OBSERVABILITY["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    searched = re.findall(rf"SEARCH\('\{{Shop,([\w,]+)\}} MetricName=\\\"{name}\\\"", body)
    (by,) = [by for known, by in RECORDED if known == name]

    assert [set(one.split(",")) for one in searched] == ([{"stage", *by}] if by else [])


def test_alarms_listen_to_figures_that_there_are() -> None:
    heard = {
        one["MetricName"]
        for _, one in resources(OBSERVABILITY, "AWS::CloudWatch::Alarm")
        if one.get("Namespace") == "Shop" and isinstance(one["MetricName"], str)
    }

    assert heard <= NAMES
