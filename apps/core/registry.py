"""The doors of the shop: a section of the setting `SHOP` names backends, as Django's `STORAGES` does.

    SHOP = {"PAYMENT_PROVIDERS": {"acme": {"BACKEND": "acme.shop.Acme", "OPTIONS": {"page": "…"},
                                           "SECRETS": {"key": "…"}}}}

`OPTIONS` and `SECRETS` are the keyword arguments of the class. What is a secret, the class says by the
type `Secret`, and the settings by where they put it: logs mask it without loading the class.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Generic, NewType, TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.template.loaders.filesystem import Loader
from django.utils.module_loading import import_string

Secret = NewType("Secret", str)
# What is wrong with a setting: where it stands, what is wrong there, and what to do.
Complaint = tuple[str, str, str]
# By their key, sections that name no backends, and what finds their mistakes.
TABLES: dict[str, Callable[[Any], Iterable[Complaint]]] = {}
# By their key, the sections that the modules loaded so far have declared.
SECTIONS: "dict[str, Section[Any]]" = {}


class Backend:
    """What an entry of a section names; `name` is what it is entered under."""

    name: str = ""


B = TypeVar("B", bound=Backend)


class Section(Generic[B]):
    """The backends of one section, each made when it is first asked for, and once.

    `port` is the class that they must be of; `switches` are what an entry may turn on or off besides.
    A section that was replaced, by a test or because secrets were rotated, is read anew.
    """

    def __init__(self, key: str, *, port: type[B], switches: tuple[str, ...] = ()) -> None:
        self.key, self.port, self.switches = key, port, switches
        self._made: tuple[Mapping[str, Any], dict[str, B]] = ({}, {})
        SECTIONS[key] = self

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all entries, in the settings' order."""
        return tuple(self._entries())

    def get(self, name: str) -> B:
        """The backend of that name. Raises ImproperlyConfigured where there is none."""
        if found := self.find(name):
            return found
        msg = f'SHOP["{self.key}"] has no "{name}", which is still in use.'
        raise ImproperlyConfigured(msg)

    def find(self, name: str) -> B | None:
        """The backend of that name, if there is one. Raises ImproperlyConfigured where its entry is wrong."""
        entries = self._entries()
        if name not in entries:
            return None
        known, made = self._made
        if known is not entries:
            made = {}
            self._made = (entries, made)
        return made.get(name) or made.setdefault(name, self._make(name, entries[name]))

    def able(self) -> Iterator[B]:
        """Every backend that can be made, for what is built while the shop starts.

        A start looks at its checks after that, and they say of the others what is wrong.
        """
        for name in self.names:
            try:
                yield self.get(name)
            except ImproperlyConfigured:
                continue

    def switched_on(self, switch: str) -> tuple[str, ...]:
        """The names of the entries that turn this on; what says nothing of it is on."""
        return tuple(name for name, entry in self._entries().items() if entry.get(switch, True))

    def _entries(self) -> Mapping[str, Any]:
        entries: Mapping[str, Any] = settings.SHOP.get(self.key, {})
        return entries

    def _make(self, name: str, entry: Mapping[str, Any]) -> B:
        try:
            backend: B = import_string(entry["BACKEND"])(
                **entry.get("OPTIONS", {}), **entry.get("SECRETS", {})
            )
        except (AttributeError, ImportError, KeyError, TypeError) as error:
            msg = f'SHOP["{self.key}"]["{name}"] is wrong; `manage.py check` says how to mend it. ({error})'
            raise ImproperlyConfigured(msg) from error
        backend.name = name
        return backend


def known_secrets() -> Iterator[str]:
    """Every secret of every entry; loads no class, so that a log line may ask."""
    for entry in _all_entries():
        yield from map(str, entry.get("SECRETS", {}).values())


class BackendTemplates(Loader):
    """Finds the templates that lie in the folder of a backend, behind those of the owner and the apps.

    So a backend is a folder or a package of its own, which need not be an installed app.
    """

    def get_dirs(self) -> list[str | Path]:
        """The folder `templates` beside each backend's class."""
        packages = {str(entry.get("BACKEND", "")).rpartition(".")[0] for entry in _all_entries()}
        folders = [_folder_of(package) / "templates" for package in sorted(packages) if package]
        return [*filter(Path.is_dir, folders)]


def _folder_of(package: str) -> Path:
    """Where a package lies; a folder that is not there, for one that is not installed (shop.E003)."""
    try:
        spec = find_spec(package)
    except ModuleNotFoundError:
        spec = None
    return Path(spec.origin).parent if spec and spec.origin else Path("/nowhere")


def _all_entries() -> Iterator[Mapping[str, Any]]:
    for section in settings.SHOP.values():
        for entry in section.values() if isinstance(section, Mapping) else ():
            if isinstance(entry, Mapping):
                yield entry
