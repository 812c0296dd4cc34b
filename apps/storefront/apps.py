from django.apps import AppConfig


class StorefrontConfig(AppConfig):
    name = "apps.storefront"
    pages = "apps.storefront.urls"
    for_machines = "apps.storefront.urls.for_machines"
