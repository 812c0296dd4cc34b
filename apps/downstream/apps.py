from django.apps import AppConfig


class DownstreamConfig(AppConfig):
    name = "apps.downstream"
