"""Who logs in, at whatever door: so many wrong passwords for an account, and no more are tried for a while.

Tries are counted by address elsewhere (ecommerce/limits.py); whoever guesses from many is met here.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext

from apps.accounts.models import User
from apps.accounts.types import MOST_CHARACTERS
from apps.core.services import check_limit, use_up
from apps.core.types import Limit


class LongestPassword:
    """No password longer than `MOST_CHARACTERS`, wherever it is set: what one door takes, all do."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Refuse a password of more than MOST_CHARACTERS. Raises ValidationError."""
        if len(password) > MOST_CHARACTERS:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        """What forms say of it to somebody who chooses a password."""
        return gettext("Your password can have at most %s characters.") % MOST_CHARACTERS


class LimitedTries(ModelBackend):
    """Django's own accounts and passwords, with a limit of wrong passwords by account (`LOG_IN_TRIES`)."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> User | None:
        """The account whose password this is. Raises TooMany once too many were wrong in five minutes."""
        named = str(username or credentials.get("email") or "").lower()
        limit = Limit(name="wrong-passwords", most=settings.LOG_IN_TRIES, seconds=300)
        check_limit(limit, named)
        user = super().authenticate(request, username, password, **credentials)
        if user is None:
            use_up(limit, named)
        return user
