"""Public functions say what they promise: to readers, which errors they raise, and what amounts are in."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, python_files, shown, tree_of

PRODUCT = ("apps", "ecommerce", "infra", "dev", "examples")
# Django's documentation of `permissions=` says of these what they promise; a base class has none of them.
HOOKS = re.compile(r"has_\w+_permission")
VERBS = {"get", "post", "put", "patch", "delete"}
# What an amount is in, where its type does not say so.
AMOUNT = re.compile(r"(amount|price|total)$")
UNIT = re.compile(r"\b(minor|major)\b|pounds|pence")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(
    tree: ast.Module | ast.ClassDef, *, within: tuple[ast.ClassDef, ...] = ()
) -> Iterator[tuple[tuple[ast.ClassDef, ...], Function]]:
    """The public functions and methods, each with the classes that it is in."""
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            if isinstance(node, ast.ClassDef):
                yield from functions(node, within=(*within, node))
            else:
                yield within, node


def name_of(within: tuple[ast.ClassDef, ...], function: Function) -> str:
    return ".".join(one.name for one in (*within, function))


def says_so_itself(within: tuple[ast.ClassDef, ...], function: Function) -> bool:
    """Whether it has a docstring, or is all that its view does, of which the view's class has one."""
    return ast.get_docstring(function) is not None or is_told_by_view(within, function)


def is_told_by_view(within: tuple[ast.ClassDef, ...], function: Function) -> bool:
    if not is_verb(within, function) or ast.get_docstring(within[-1]) is None:
        return False
    return sum(isinstance(one, Function) and one.name in VERBS for one in within[-1].body) == 1


def is_verb(within: tuple[ast.ClassDef, ...], function: Function) -> bool:
    """Whether it is how a view of Django or DRF answers one verb of HTTP."""
    bases = [ast.unparse(one) for one in within[-1].bases] if within else []
    return function.name in VERBS and any(one.endswith("View") for one in bases)


def inherits(owner: type, name: str) -> bool:
    """Whether a base class of the owner says what its method of that name promises."""
    overridden = [vars(base)[name] for base in owner.__mro__[1:] if name in vars(base)]
    return any(
        one.__doc__ for one in overridden if isinstance(one, property) or inspect.isroutine(one)
    )


def owner_of(path: Path, within: tuple[ast.ClassDef, ...]) -> type | None:
    """The class that a method is in; None for a function, and where its module needs other settings."""
    if not within:
        return None
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    try:
        owner = importlib.import_module(module.removesuffix(".__init__"))
    except (ImportError, RuntimeError):
        return None
    for one in within:
        owner = getattr(owner, one.name)
    return owner


def silent(tree: ast.Module) -> list[tuple[tuple[ast.ClassDef, ...], Function]]:
    """The functions that do not say themselves what they promise."""
    return [
        (within, function)
        for within, function in functions(tree)
        if not says_so_itself(within, function) and not (within and HOOKS.fullmatch(function.name))
    ]


def refusals() -> frozenset[str]:
    """The names of all refusals and failures that an `errors.py` of the product defines."""
    modules = (path for path in python_files(*PRODUCT) if path.name == "errors.py")
    return frozenset(
        one.name for path in modules for one in tree_of(path).body if isinstance(one, ast.ClassDef)
    )


def raised_by(function: Function) -> Iterator[str]:
    """The names in what its own body raises; those of functions within it are theirs."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Function | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(node, ast.Raise) and node.exc is not None:
            error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            for one in ast.walk(error):
                if isinstance(one, ast.Name | ast.Attribute):
                    yield one.id if isinstance(one, ast.Name) else one.attr
        waiting.extend(ast.iter_child_nodes(node))


def concealed(tree: ast.Module, *, known: frozenset[str]) -> list[str]:
    """What functions raise without saying so. Of a view `described` says it, to those who call it."""
    return [
        f"{name_of(within, function)}: {error}"
        for within, function in functions(tree)
        if not is_verb(within, function)
        for error in sorted({*raised_by(function)} & known)
        if not re.search(rf"\b{error}\b", ast.get_docstring(function) or "")
    ]


def without_unit(tree: ast.Module) -> list[str]:
    """The amounts that functions take as plain numbers without saying what they are in."""
    return [
        f"{name_of(within, function)}: {one.arg}"
        for within, function in functions(tree)
        for one in (*function.args.args, *function.args.kwonlyargs)
        if AMOUNT.search(one.arg)
        and one.annotation is not None
        and {"int", "float", "Decimal"} & set(re.findall(r"\w+", ast.unparse(one.annotation)))
        and not UNIT.search(ast.get_docstring(function) or "")
    ]


def paths() -> list[Path]:
    return [one for one in python_files(*PRODUCT) if not one.name.startswith("test_")]


def names(source: str) -> list[str]:
    return [name_of(*one) for one in silent(ast.parse(source))]


class TestPromises:
    @pytest.mark.parametrize("folder", PRODUCT)
    def test_are_made_by_each_public_function(self, folder: str) -> None:
        found = [one for one in paths() if one.parts[len(ROOT.parts)] == folder]
        speechless = [
            f"{shown(path)}: {name_of(within, function)}"
            for path in found
            for within, function in silent(tree_of(path))
            if not (owner := owner_of(path, within)) or not inherits(owner, function.name)
        ]

        assert found
        assert speechless == []

    def test_name_the_refusals_that_are_raised(self) -> None:
        known = refusals()

        assert len(known) > 50
        assert {
            shown(path): complaints
            for path in paths()
            if (complaints := concealed(tree_of(path), known=known))
        } == {}

    def test_say_what_amounts_are_in(self) -> None:
        assert {
            shown(path): complaints
            for path in paths()
            if (complaints := without_unit(tree_of(path)))
        } == {}


class TestSilence:
    def test_of_a_function_or_method_is_noticed(self) -> None:
        assert names("def f(): pass") == ["f"]
        assert names("class A:\n async def f(self): pass") == ["A.f"]
        assert names("class A:\n class B:\n  def f(self): pass") == ["A.B.f"]
        assert names('def f():\n "It does."') == []

    def test_of_what_nobody_outside_calls_is_no_matter(self) -> None:
        assert names("def _f(): pass") == []
        assert names("class _A:\n def f(self): pass") == []
        assert names("class A:\n def __str__(self): pass") == []
        assert names('def f():\n "It does."\n def g(): pass') == []

    def test_of_a_view_with_one_verb_is_broken_by_its_class(self) -> None:
        assert names('class V(APIView):\n "It shows."\n def get(self): pass') == []
        assert names('class A:\n "It holds."\n def get(self): pass') == ["A.get"]
        assert names("class V(APIView):\n def get(self): pass") == ["V.get"]
        several = 'class V(View):\n "It shows."\n def get(self): pass\n def put(self): pass'
        assert names(several) == ["V.get", "V.put"]

    def test_of_a_hook_for_permissions_is_broken_by_django(self) -> None:
        assert names("class A:\n def has_move_permission(self): pass") == []
        assert names("def has_move_permission(): pass") == ["has_move_permission"]

    def test_is_broken_by_a_base_class_that_speaks(self) -> None:
        class Base:
            def read(self) -> None:
                """It is read."""

            def write(self) -> None:
                pass

            sign = "a text, which has a docstring of its own class"

        class Child(Base):
            def read(self) -> None: ...
            def write(self) -> None: ...
            def sign(self) -> None: ...  # type: ignore[assignment]
            def other(self) -> None: ...

        held = {name: inherits(Child, name) for name in ("read", "write", "sign", "other")}
        assert held == {"read": True, "write": False, "sign": False, "other": False}

    def test_of_a_module_that_needs_other_settings_is_not_broken_by_a_base(self) -> None:
        path = ROOT / "examples/addon/shop_ecolabel/provider.py"
        (provider,) = (
            within for within, one in functions(tree_of(path)) if one.name == "authorise"
        )

        assert owner_of(path, provider) is None


class TestRefusals:
    @pytest.mark.parametrize(
        "raised", ["Gone", "Gone(sku=1)", "Gone.of(1)", "errors.Gone() from e"]
    )
    def test_that_are_concealed_are_noticed(self, raised: str) -> None:
        source = 'def f():\n "It does.{}"\n if x:\n  raise ' + raised

        assert concealed(ast.parse(source.format("")), known=frozenset({"Gone"})) == ["f: Gone"]
        assert concealed(ast.parse(source.format(" Raises Gone.")), known=frozenset({"Gone"})) == []

    def test_of_others_are_others_matter(self) -> None:
        known = frozenset({"Gone"})
        within = 'def f():\n "It does."\n def g():\n  raise Gone'

        assert concealed(ast.parse(within), known=known) == []
        assert concealed(ast.parse('def f():\n "It does."\n raise ValueError'), known=known) == []
        of_a_class = 'class {}:\n "It shows."\n def get(self):\n  raise Gone'
        assert concealed(ast.parse(of_a_class.format("V(APIView)")), known=known) == []
        assert concealed(ast.parse(of_a_class.format("A")), known=known) == ["A.get: Gone"]


class TestAmounts:
    def test_in_nobody_knows_what_are_noticed(self) -> None:
        source = 'def f(*, unit_price: {}):\n "It does{}."'

        assert without_unit(ast.parse(source.format("Decimal", ""))) == ["f: unit_price"]
        assert without_unit(ast.parse(source.format("int | None", ""))) == ["f: unit_price"]
        assert without_unit(ast.parse(source.format("Decimal", " in major units"))) == []
        assert without_unit(ast.parse(source.format("Money", ""))) == []

    def test_whose_names_say_it_are_no_matter(self) -> None:
        assert without_unit(ast.parse('def f(amount_minor: int):\n "It does."')) == []
