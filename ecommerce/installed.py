"""What installed apps bring along in modules of agreed names."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from django.apps import AppConfig
from django.conf import settings


def modules_of_apps(name: str) -> Iterator[ModuleType]:
    """The module of that name of every app that has one, in the order of `INSTALLED_APPS`.

    It needs the settings alone, so that programs may ask before the apps are loaded. An app may be named
    by its package or by its configuration, as Django has it.
    """
    for entry in settings.INSTALLED_APPS:
        module = f"{AppConfig.create(entry).name}.{name}"
        if find_spec(module):
            yield import_module(module)
