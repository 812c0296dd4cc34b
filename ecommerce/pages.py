"""The pages of every installed app whose configuration names some (`pages`), in their order.

They are served below a market and a language only: `/eu/de/cart/` (apps.storefront.middleware).
"""

from django.apps import apps
from django.urls import include, path

urlpatterns = [
    path("", include(pages))
    for config in apps.get_app_configs()
    if (pages := getattr(config, "pages", ""))
]
