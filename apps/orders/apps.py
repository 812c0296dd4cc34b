from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "apps.orders"
    # Letters of accepted orders stay for as long as the order is missed (retention.py).
    keeps_letters_of = ("orders-dlq",)
