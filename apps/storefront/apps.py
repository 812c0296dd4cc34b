from django.apps import AppConfig


class StorefrontConfig(AppConfig):
    name = "apps.storefront"
    pages = "apps.storefront.urls"
