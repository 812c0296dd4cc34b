"""Files and functions stay small enough to be read in one go."""

import ast
from pathlib import Path

from tests.architecture.source import python_files, shown

FILE_LINES, FUNCTION_LINES = 400, 50


def too_long(*, name: str, source: str) -> list[str]:
    """What in a file is longer than it may be."""
    complaints = []
    if (lines := len(source.splitlines())) > FILE_LINES:
        complaints.append(f"{name}: {lines} lines")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                complaints.append(f"{name}: {node.name} has {length} lines")
    return complaints


class TestSizes:
    def test_are_kept(self) -> None:
        paths = [
            *python_files("apps", "ecommerce", "dev", "examples", "tests/scale"),
            Path("manage.py").resolve(),
        ]
        complaints = [
            complaint
            for path in paths
            for complaint in too_long(name=shown(path), source=path.read_text())
        ]

        assert len(paths) > 150
        assert complaints == []

    def test_a_long_function_is_noticed(self) -> None:
        body = "    x = 1\n" * FUNCTION_LINES
        assert too_long(name="a.py", source=f"def f():\n{body}") == ["a.py: f has 51 lines"]
        assert too_long(name="a.py", source=f"def f():\n{body[:-10]}") == []

    def test_a_long_method_is_noticed(self) -> None:
        body = "        x = 1\n" * FUNCTION_LINES
        assert too_long(name="a.py", source=f"class A:\n    async def f(self):\n{body}") == [
            "a.py: f has 51 lines"
        ]

    def test_a_long_file_is_noticed(self) -> None:
        assert too_long(name="a.py", source="x = 1\n" * 401) == ["a.py: 401 lines"]
        assert too_long(name="a.py", source="x = 1\n" * 400) == []
