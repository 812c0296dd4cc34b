from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest

from apps.accounts.models import User


def end_staff_session_today(
    sender: type[AbstractBaseUser], *, request: HttpRequest, user: User, **_: Any
) -> None:
    """A shopper's log-in lasts for weeks; that of somebody who works here for a working day."""
    if user.is_staff or user.is_superuser:
        request.session.set_expiry(timedelta(hours=settings.STAFF_SESSION_HOURS))
