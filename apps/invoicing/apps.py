from django.apps import AppConfig


class InvoicingConfig(AppConfig):
    name = "apps.invoicing"
    pages = "apps.invoicing.urls"
