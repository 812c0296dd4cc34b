"""Who logs in, at whatever door: so many wrong passwords for an account, and no more are tried for a while.

The firewall counts tries by address; whoever guesses from many addresses is met here.
"""

import logging
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from apps.accounts.models import User
from apps.core.rules import digest_of

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 300


class LimitedTries(ModelBackend):
    """Django's own accounts and passwords, with a limit of wrong passwords by account (`LOG_IN_TRIES`)."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> User | None:
        """The account whose password this is. Raises PermissionDenied, which Django answers as a wrong
        password, once too many were wrong in five minutes.
        """
        named = str(username or credentials.get("email") or "")
        key = f"log-ins:{digest_of(text=named.lower())}"
        if cache.get(key, 0) >= settings.LOG_IN_TRIES:
            logger.warning("too many wrong passwords for one account")
            raise PermissionDenied
        user = super().authenticate(request, username, password, **credentials)
        if user is None:
            _count(key)
        return user


def _count(key: str) -> None:
    if not cache.add(key, 1, WINDOW_SECONDS):
        # The window closed between the two calls.
        with suppress(ValueError):
            cache.incr(key)
