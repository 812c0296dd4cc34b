"""The pages that payment providers bring along, each at the addresses that it chose."""

from django.urls import include, path

from apps.payments.registry import payment_providers

_pages = [payment_providers.get(name).urls for name in payment_providers.names]

urlpatterns = [path("", include(pages)) for pages in _pages if pages]
