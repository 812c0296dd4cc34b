"""The pages of reference that are read off the code: commands, settings and the API, as Markdown."""

import argparse
import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django.core.management.commands

ROOT = Path(__file__).resolve().parents[1]
# Where variables of the environment are read. What only a laptop or the tests set is left out.
SETTINGS = ("ecommerce/settings/*.py", "ecommerce/*.py")
NOT_OF_A_SHOP = {"local.py", "test.py", "secrets_manager.py"}
# What AWS tells its functions by itself.
BY_AWS = re.compile(r"^_|^AWS_(?!DEFAULT_REGION)")
_DJANGO = Path(django.core.management.commands.__path__[0])
# What every command of Django takes.
OF_DJANGO = {
    "help", "version", "verbosity", "settings", "pythonpath", "traceback", "no_color",
    "force_color", "skip_checks",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A variable of the environment, as one place of the code reads it."""

    name: str
    default: str | None
    meaning: str
    is_of_stages: bool


def commands() -> str:
    """Each command of `manage.py` that the shop brings, with its arguments. Needs Django set up."""
    from django.core.management import get_commands  # noqa: PLC0415 - needs settings

    ours = {name: app for name, app in get_commands().items() if str(app).startswith("apps.")}
    return "\n\n".join(_command(str(app), name) for name, app in sorted(ours.items()))


def _command(app: str, name: str) -> str:
    parser = _parser(app, name)
    inherited = _names_of(_parser("django.core", name)) if _is_of_django(name) else OF_DJANGO
    rows = [
        row for action in parser._actions if action.dest not in inherited for row in _rows(action)
    ]
    table = _table(("argument", "what it does"), rows) if rows else ""
    return f"### {name}\n{parser.description}\n\n{table}"


def _is_of_django(name: str) -> bool:
    """Whether a command of ours takes the place of one of Django's, whose arguments Django describes."""
    return (_DJANGO / f"{name}.py").exists()


def _names_of(parser: argparse.ArgumentParser) -> set[str]:
    return {action.dest for action in parser._actions}


def _parser(app: str, name: str) -> argparse.ArgumentParser:
    from django.core.management import load_command_class  # noqa: PLC0415 - needs settings

    return load_command_class(app, name).create_parser("manage.py", name)


def _rows(action: argparse.Action) -> Iterator[tuple[str, str]]:
    """An argument and what it does; of a command in parts, each part."""
    if isinstance(action, argparse._SubParsersAction):
        for name, part in action.choices.items():
            usage = " ".join(part.format_usage().split()).partition(f" {name} ")[2]
            yield f"`{name} {usage.removeprefix('[-h]').strip()}`", _help_of(action, name)
        return
    words = [
        action.help or "",
        f"one of {', '.join(map(str, action.choices))}" if action.choices else "",
    ]
    yield f"`{_spelling(action)}`", "; ".join(word for word in words if word)


def _help_of(parts: "argparse._SubParsersAction[Any]", name: str) -> str:
    """What the command says of one of its parts."""
    return next((one.help or "" for one in parts._get_subactions() if one.dest == name), "")


def _spelling(action: argparse.Action) -> str:
    """How an argument is written: `system`, `--dry-run`, `--since TIME`."""
    value = action.metavar if isinstance(action.metavar, str) else action.dest
    if not action.option_strings:
        return value
    return action.option_strings[-1] + ("" if action.nargs == 0 else f" {value.upper()}")


def make_targets() -> str:
    """What `make` offers, as its own help says it."""
    found = re.findall(r"^([a-z-]+):.*## (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return _table(("command", "what it does"), [(f"`make {name}`", told) for name, told in found])


def settings() -> str:
    """Each variable of the environment: what it is for, what holds without it, and where it must be set."""
    by_name: dict[str, list[Variable]] = {}
    for variable in sorted(variables(), key=lambda one: one.is_of_stages):
        by_name.setdefault(variable.name, []).append(variable)
    rows = []
    for name, places in sorted(by_name.items()):
        is_required = any(one.is_of_stages and one.default is None for one in places)
        default = next((one.default for one in places if one.default is not None), "")
        meaning = next((one.meaning for one in places if one.meaning), "")
        rows.append((f"`{name}`", meaning, f"`{default}`" if default else "", "yes" * is_required))
    return _table(("variable", "what it is", "without it", "required on AWS"), rows)


def variables() -> Iterator[Variable]:
    """Every place where a variable of a shop's environment is read, with the comment above it."""
    for path in sorted(path for pattern in SETTINGS for path in ROOT.glob(pattern)):
        if path.name not in NOT_OF_A_SHOP:
            yield from _variables_of(path.read_text(), is_of_stages=path.name == "production.py")


def _variables_of(text: str, *, is_of_stages: bool) -> Iterator[Variable]:
    lines = text.splitlines()
    for statement in ast.parse(text).body:
        for node in ast.walk(statement):
            if read := _reading(node):
                name, default = read
                if BY_AWS.match(name):
                    continue
                comment = _comment_above(lines, node.lineno) or _comment_above(  # type: ignore[attr-defined]
                    lines, statement.lineno
                )
                yield Variable(
                    name=name, default=default, meaning=comment, is_of_stages=is_of_stages
                )


def _reading(node: ast.AST) -> tuple[str, str | None] | None:
    """The variable that an expression reads, with its default as it is written; None if it reads none."""
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
        return str(ast.literal_eval(node.slice)), None
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
        return None
    owner, first = ast.unparse(node.func.value), node.args[0]
    is_read = owner == "env" or (owner == "os.environ" and node.func.attr == "get")
    if not is_read or not isinstance(first, ast.Constant):
        return None
    given = [*node.args[1:], *(one.value for one in node.keywords if one.arg == "default")]
    return str(first.value), _as_written(given[0]) if given else None


def _as_written(default: ast.expr) -> str:
    """A default as one would write it into the environment; an expression as it stands in the code."""
    if isinstance(default, ast.Constant):
        return "" if default.value is None else str(default.value)
    return "" if ast.unparse(default) in {"[]", "{}"} else ast.unparse(default)


def _comment_above(lines: list[str], number: int) -> str:
    """The comment that ends on the line before the line of this number, counted from 1."""
    found: list[str] = []
    for line in reversed(lines[: number - 1]):
        if not line.strip().startswith("# "):
            break
        found.insert(0, line.strip().removeprefix("# "))
    return " ".join(found)


def api() -> str:
    """Each operation of the public API, from the description that it gives of itself. Needs Django set up."""
    from ecommerce import api as _  # noqa: F401, PLC0415 - the views say what they do when loaded
    from ecommerce.openapi import Generator  # noqa: PLC0415 - needs settings

    schema = Generator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    rows = [
        (f"`{method.upper()} {path}`", _operation(operation), _who_may(operation))
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    ]
    return _table(("operation", "what it does", "who may"), rows)


def _operation(operation: Mapping[str, Any]) -> str:
    words = operation.get("summary") or operation.get("description") or ""
    return str(words).strip().partition("\n\n")[0].replace("\n", " ")


def _who_may(operation: Mapping[str, Any]) -> str:
    """Who an operation answers: without a scheme anybody, who may still have to sign or prove a guest."""
    schemes = {next(iter(one), "") for one in operation.get("security", [{}])}
    if schemes == {"bearer", ""}:
        return "guests and customers"
    return {"bearer": "customers", "apiKey": "partners with an API key"}.get(
        schemes.pop(), "anybody"
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
