"""Where everything hangs."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from ecommerce.health import healthz, readyz


def _back_office() -> list[URLPattern | URLResolver]:
    """Nothing where it is not installed: the function that shoppers meet has no back office."""
    if not settings.BACK_OFFICE:
        return []
    from django.contrib import admin

    return [path("admin/", admin.site.urls)]


handler400 = "ecommerce.refusals.bad_request"
handler403 = "ecommerce.refusals.permission_denied"
handler404 = "ecommerce.refusals.page_not_found"
handler500 = "ecommerce.refusals.server_error"

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    *_back_office(),
    path("api/v1/", include("ecommerce.api")),
    path("", include("ecommerce.pages")),
]
