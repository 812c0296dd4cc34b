"""The pages that payment providers bring along, each at the addresses that it chose."""

from django.urls import include, path

from apps.payments.registry import payment_providers

urlpatterns = [
    path("", include(provider.urls)) for provider in payment_providers.able() if provider.urls
]
