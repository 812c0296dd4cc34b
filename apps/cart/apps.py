from django.apps import AppConfig


class CartConfig(AppConfig):
    name = "apps.cart"

    def ready(self) -> None:
        """Let Django's log-in bring a guest's cart to the account."""
        from django.contrib.auth.signals import user_logged_in

        from apps.cart.signals import bring_cart_along

        user_logged_in.connect(bring_cart_along, dispatch_uid="cart.bring_cart_along")
