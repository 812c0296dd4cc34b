from django.apps import AppConfig


class BackfillConfig(AppConfig):
    name = "apps.backfill"
