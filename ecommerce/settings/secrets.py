"""The stage's secrets: one JSON object in Secrets Manager, whose keys are names of the environment.

They lie over the environment without being put into it, where every child process could read them.
"""

import importlib
import json
import logging
import os
import sys
import time
from collections import ChainMap
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from ecommerce.settings.secrets_manager import get_secret

logger = logging.getLogger(__name__)

# How old the secrets of a sandbox may become, and how soon one may look whether they were rotated.
MAX_AGE_SECONDS = int(os.environ.get("SECRETS_MAX_AGE", "900"))
_LOOK_AGAIN_SECONDS = 10

_kept: dict[str, str] = {}
_read_at = 0.0


def adopt() -> None:
    """Let the settings that are about to be read find the secrets, if the stage names any."""
    # The AWS secret whose JSON holds the stage's secret settings; without it the environment does.
    if os.environ.get("SECRETS_ID") and not _kept:
        _keep(_read())
        environ.Env.ENVIRON = ChainMap(_kept, os.environ)


def renew_if_old() -> None:
    """Look again from time to time, so that a rotated secret reaches a sandbox without a deployment."""
    if _kept and time.time() - _read_at > MAX_AGE_SECONDS:
        try:
            renew()
        except Exception:
            logger.exception("the secrets are not renewed; those that were read stay in use")


def renew() -> bool:
    """Read the secrets again, and let settings and connections know; whether anything changed."""
    if not _kept or time.time() - _read_at < _LOOK_AGAIN_SECONDS:
        return False
    before = dict(_kept)
    _keep(_read())
    if _kept == before:
        return False
    _apply()
    return True


def _keep(found: dict[str, str]) -> None:
    global _read_at  # noqa: PLW0603 - the age belongs to the process
    _kept.clear()
    _kept.update(found)
    _read_at = time.time()


def _read() -> dict[str, str]:
    """The stage's secret; with the database's address, if RDS keeps its password in a secret of its own.

    Both are asked for at once: a cold start waits for the slower one only.
    """
    from concurrent.futures import ThreadPoolExecutor  # a laptop asks nobody

    names = [os.environ["SECRETS_ID"]]
    # The AWS secret in which RDS keeps name and password of the database, if DATABASE_URL is not
    # given.
    if database := os.environ.get("DATABASE_SECRET_ID"):
        names.append(database)
    with ThreadPoolExecutor(len(names)) as side_by_side:
        found, *login = map(_parsed, side_by_side.map(get_secret, names))
    if login:
        found["DATABASE_URL"] = _database_url(login[0])
    return found


def _database_url(login: Mapping[str, str]) -> str:
    from urllib.parse import quote  # a laptop asks nobody

    user, password = (quote(login[part], safe="") for part in ("username", "password"))
    # The name of the database, beside DATABASE_SECRET_ID.
    name = os.environ.get("DATABASE_NAME", "shop")
    # Where the database listens (host, or host:port), beside DATABASE_SECRET_ID.
    host = os.environ["DATABASE_HOST"]
    return f"postgresql://{user}:{password}@{host}/{name}"


def _parsed(document: dict[str, Any]) -> dict[str, str]:
    try:
        found = json.loads(document["SecretString"])
    except (KeyError, ValueError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        msg = "The secret must be a JSON object of names and texts."
        raise ImproperlyConfigured(msg) from None
    return found


def _apply() -> None:
    """Let the settings be read anew: what is asked for at each use is right from now on."""
    from django.conf import settings  # this module is part of the settings
    from django.db import connections

    module = _read_anew(settings.SETTINGS_MODULE)
    for name in filter(str.isupper, dir(module)):
        if getattr(settings, name, None) != getattr(module, name):
            setattr(settings, name, getattr(module, name))
    for alias, database in settings.DATABASES.items():
        connections.settings[alias].update(database)


def _read_anew(name: str) -> ModuleType:
    """A settings module, imported with all that it is made of; if that fails, what was there stays.

    They are forgotten and imported, not reloaded one by one: so each finds those that it imports renewed,
    in whatever order they lie upon each other.
    """
    before = {one: sys.modules.pop(one) for one in _made_of(name)}
    for one in before:
        # `from package import module` would take what the package still has.
        package, _, last = one.rpartition(".")
        if hasattr(sys.modules.get(package), last):
            delattr(sys.modules[package], last)
    try:
        return importlib.import_module(name)
    except BaseException:
        sys.modules.update(before)
        raise


def _made_of(name: str) -> list[str]:
    """The loaded settings modules: the shop's own, and those upon them, known by the `env` they share."""
    package = __name__.rpartition(".")[0]
    env = sys.modules[f"{package}.base"].env
    stays = {__name__, get_secret.__module__}
    return [
        one
        for one, module in sys.modules.items()
        if one == name
        or (one.startswith(f"{package}.") and one not in stays)
        or getattr(module, "__dict__", {}).get("env") is env
    ]
