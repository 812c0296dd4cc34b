"""Where everything hangs."""

from django.apps import apps
from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from django.utils.module_loading import import_string

from ecommerce.health import healthz, readyz


def _back_office() -> list[URLPattern | URLResolver]:
    """Nothing where it is not installed: the function that shoppers meet has no back office."""
    if not settings.BACK_OFFICE:
        return []
    from django.contrib import admin

    return [path("admin/", admin.site.urls)]


def _for_machines() -> list[URLResolver]:
    """What installed apps tell machines of the whole shop (`for_machines` in their configuration)."""
    named = (getattr(config, "for_machines", "") for config in apps.get_app_configs())
    return [path("", include(import_string(one))) for one in named if one]


handler400 = "ecommerce.refusals.bad_request"
handler403 = "ecommerce.refusals.permission_denied"
handler404 = "ecommerce.refusals.page_not_found"
handler500 = "ecommerce.refusals.server_error"

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    *_back_office(),
    path("api/v1/", include("ecommerce.api")),
    *_for_machines(),
    path("", include("ecommerce.pages")),
]
