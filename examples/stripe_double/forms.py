"""Stripe's request bodies: forms whose names nest, as in `metadata[key]` and `expand[0]`."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl


def parse(text: str) -> dict[str, Any]:
    """A form as nested dictionaries and lists of strings."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        first, *rest = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name)
        _put(tree, [first, *rest], value)
    found: dict[str, Any] = {name: _listed(value) for name, value in tree.items()}
    return found


def _put(tree: dict[str, Any], path: list[str], value: str) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1] or str(len(tree))] = value


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdigit() for name in value):
        return [_listed(value[name]) for name in sorted(value, key=int)]
    return {name: _listed(one) for name, one in value.items()}


def expand(answer: dict[str, Any], paths: Iterable[str], objects: dict[str, Any]) -> dict[str, Any]:
    """The answer with the named references replaced by the objects that they name."""
    for path in paths:
        answer = _expanded(answer, path.split("."), objects)
    return answer


def _expanded(value: Any, path: list[str], objects: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_expanded(one, path, objects) for one in value]
    if isinstance(value, str):
        value = objects.get(value, value)
    if not path or not isinstance(value, dict) or path[0] not in value:
        return value
    name, *rest = path
    inner = value[name]
    if isinstance(inner, str) and inner in objects:
        inner = objects[inner]
    return {**value, name: _expanded(inner, rest, objects)}
