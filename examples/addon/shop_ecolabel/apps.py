from django.apps import AppConfig


class EcoLabelConfig(AppConfig):
    name = "shop_ecolabel"
    default_auto_field = "django.db.models.BigAutoField"
    api = "shop_ecolabel.api"

    def ready(self) -> None:
        """Say on each product's page, and in its JSON, which label it bears."""
        from apps.search.registry import describes_products
        from shop_ecolabel.selectors import describe_label

        describes_products(name="ecolabel", template="shop_ecolabel/label.html")(describe_label)
