from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class TranslationsConfig(AppConfig):
    name = "apps.translations"

    def ready(self) -> None:
        """Have the view of all texts made anew after each change of the tables that it reads."""
        pre_migrate.connect(_drop, sender=self)
        post_migrate.connect(_make, sender=self)


def _drop(using: str, **_facts: Any) -> None:
    from apps.translations.services import drop_view  # models are not loaded before

    drop_view(using=using)


def _make(using: str, **_facts: Any) -> None:
    from apps.translations.services import make_view

    make_view(using=using)
