"""Log-in and forgotten passwords: Django's own views in the shop's frame."""

from typing import Any

from django.contrib.auth import views as auth
from django.contrib.auth.forms import PasswordResetForm
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse_lazy
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language

from apps.accounts.models import Wish
from apps.accounts.services import request_access
from apps.storefront.views.pages import frame_of


class _Framed:
    """Adds what the frame of every page needs, and keeps the page out of caches."""

    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The view's own context on top of the frame's."""
        own: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return frame_of(self.request) | own

    def dispatch(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, and let no cache keep the answer."""
        response: HttpResponseBase = super().dispatch(*args, **kwargs)  # type: ignore[misc]
        patch_cache_control(response, private=True, no_store=True)
        return response


class LogIn(_Framed, auth.LoginView):
    template_name = "storefront/log_in.html"


class ForgottenForm(PasswordResetForm):
    """Asks for the mail instead of writing it, so that the time it takes tells of no account."""

    def save(self, *_: Any, **__: Any) -> None:
        """Let whoever the address belongs to have the link. Raises TooMany."""
        request_access(
            wish=Wish.PASSWORD,
            email=self.cleaned_data["email"],
            language=get_language() or "en",
        )


class ForgottenPassword(_Framed, auth.PasswordResetView):
    form_class = ForgottenForm
    template_name = "storefront/password_reset.html"
    success_url = reverse_lazy("storefront:password-sent")


class PasswordSent(_Framed, auth.PasswordResetDoneView):
    template_name = "storefront/password_sent.html"


class NewPassword(_Framed, auth.PasswordResetConfirmView):
    template_name = "storefront/password_new.html"
    success_url = reverse_lazy("storefront:login")
