"""Explains a mistake in the setting `SHOP` before the shop starts: where it is, and what to do."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, get_type_hints

import msgspec
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import autodiscover_modules, import_string

from apps.core.registry import SECTIONS, TABLES, Secret, Section
from apps.core.types import Brand

_BRAND = "BRAND"
_PARTS = frozenset({"BACKEND", "OPTIONS", "SECRETS"})
# What a name becomes: a part of an address, and a value of at most so many characters in the database.
_LONGEST_NAME = 20


def check_shop(**_: Any) -> list[CheckMessage]:
    """Everything that is wrong with `SHOP`; each app that has a section declares it in `registry.py`."""
    autodiscover_modules("registry")
    shop: object = getattr(settings, "SHOP", None)
    if not isinstance(shop, Mapping):
        return [_error("E001", "SHOP", "is not a dictionary", hint="Write SHOP = {…}.")]
    return [*_unknown_sections(shop), *_brand(shop), *_entries(shop), *_tables(shop)]


def _error(code: str, path: str, problem: str, *, hint: str) -> CheckMessage:
    return Error(f"{path} {problem}.", hint=hint, id=f"shop.{code}")


def _unknown_sections(shop: Mapping[str, Any]) -> Iterator[CheckMessage]:
    known = sorted({*SECTIONS, *TABLES, _BRAND})
    for key in shop:
        if key not in known:
            hint = f"The sections are {', '.join(known)}."
            # No error: the app that reads it may have been taken out.
            path = f'SHOP["{key}"]'
            yield checks.Warning(f"{path} is read by no installed app.", hint=hint, id="shop.W001")


def _brand(shop: Mapping[str, Any]) -> Iterator[CheckMessage]:
    try:
        msgspec.convert(shop.get(_BRAND), Brand)
    except msgspec.ValidationError as error:
        hint = f"Its keys are {', '.join(Brand.__struct_encode_fields__)}."
        yield _error("E007", f'SHOP["{_BRAND}"]', f"is not complete: {error}", hint=hint)


def _tables(shop: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for key, complaints_about in TABLES.items():
        for path, problem, hint in complaints_about(shop.get(key, {})):
            yield _error("E008", f'SHOP["{key}"]{path}', problem, hint=hint)


def _entries(shop: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for key, section in SECTIONS.items():
        entries = shop.get(key, {})
        if not isinstance(entries, Mapping):
            hint = f'Write SHOP["{key}"] = {{"name": {{"BACKEND": "…"}}}}.'
            yield _error("E002", f'SHOP["{key}"]', "is not a dictionary", hint=hint)
            continue
        for name, entry in entries.items():
            yield from _entry(f'SHOP["{key}"]["{name}"]', name, entry, section=section)


def _entry(
    path: str, name: object, entry: object, *, section: Section[Any]
) -> Iterator[CheckMessage]:
    if not _is_name(name):
        hint = f"Take small letters, digits, - and _, at most {_LONGEST_NAME}."
        yield _error("E002", path, "has a name that cannot stand in an address", hint=hint)
    if not isinstance(entry, Mapping) or not isinstance(entry.get("BACKEND"), str):
        hint = 'Write {"BACKEND": "dotted.path.Class", "OPTIONS": {…}, "SECRETS": {…}}.'
        yield _error("E002", path, "names no BACKEND", hint=hint)
        return
    known = {*_PARTS, *section.switches}
    for part in sorted(entry.keys() - known):
        hint = f"The keys are {', '.join(sorted(known))}; what the class takes goes into OPTIONS."
        yield _error("E002", f'{path}["{part}"]', "is not known", hint=hint)
    yield from _backend(path, entry, section=section)


def _is_name(name: object) -> bool:
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        return False
    return name.isascii() and name == name.lower() and name.replace("-", "_").isidentifier()


def _backend(
    path: str, entry: Mapping[str, Any], *, section: Section[Any]
) -> Iterator[CheckMessage]:
    where = f'{path}["BACKEND"]'
    try:
        backend = import_string(entry["BACKEND"])
    except ImportError as error:
        hint = "Install the package, or correct the path to the class."
        yield _error("E003", where, f"cannot be imported: {error}", hint=hint)
        return
    port = f"{section.port.__module__}.{section.port.__qualname__}"
    if not (inspect.isclass(backend) and issubclass(backend, section.port)):
        hint = f"Let the class inherit from {port}."
        yield _error("E004", where, f"is no {section.port.__name__}", hint=hint)
    elif missing := sorted(getattr(backend, "__abstractmethods__", ())):
        hint = f"Write them; {port} says what each promises."
        yield _error("E004", where, f"does not do all it must: {', '.join(missing)}", hint=hint)
    else:
        yield from _arguments(path, entry, backend=backend)
        yield from _empty_secrets(path, entry, section=section)


def _arguments(path: str, entry: Mapping[str, Any], *, backend: type) -> Iterator[CheckMessage]:
    for part, secret in (("OPTIONS", False), ("SECRETS", True)):
        taken = {
            name: field
            for name, field in _fields(backend).items()
            if (field[0] is Secret) is secret
        }
        fields = [(name, *field) for name, field in taken.items()]
        wanted = msgspec.defstruct(part, fields, kw_only=True, forbid_unknown_fields=True)
        try:
            msgspec.convert(entry.get(part, {}), wanted)
        except msgspec.ValidationError as error:
            hint = f"{backend.__qualname__} takes as {part}: {', '.join(taken) or 'nothing'}."
            code = "E006" if secret else "E005"
            yield _error(code, f'{path}["{part}"]', f"does not fit: {error}", hint=hint)


def _empty_secrets(
    path: str, entry: Mapping[str, Any], *, section: Section[Any]
) -> Iterator[CheckMessage]:
    """What is in use, or on offer, needs its secrets; what is not may wait for them."""
    if not all(entry.get(switch, True) for switch in section.switches):
        return
    secrets = entry.get("SECRETS", {})
    for name, value in secrets.items() if isinstance(secrets, Mapping) else ():
        if value == "":
            hint = " or ".join(
                ["Give it a value", *(f"set {one} to False" for one in section.switches)]
            )
            where = f'{path}["SECRETS"]["{name}"]'
            yield checks.Warning(f"{where} is empty.", hint=f"{hint}.", id="shop.W002")


def _fields(backend: type) -> dict[str, tuple[Any, ...]]:
    """The keyword arguments of a class: of each its type and, where it has one, its default."""
    hints = get_type_hints(backend.__init__)  # type: ignore[misc]
    found: dict[str, tuple[Any, ...]] = {}
    for one in inspect.signature(backend).parameters.values():
        if one.kind == inspect.Parameter.KEYWORD_ONLY:
            default = () if one.default is inspect.Parameter.empty else (one.default,)
            found[one.name] = (hints.get(one.name, Any), *default)
    return found
