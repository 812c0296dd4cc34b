"""Where everything hangs."""

from django.contrib import admin
from django.urls import include, path

from ecommerce.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("ecommerce.api")),
    path("", include("apps.storefront.urls")),
]
