from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, register


class CoreConfig(AppConfig):
    name = "apps.core"

    def ready(self) -> None:
        """Have Django check the setting `SHOP`; what checks it is loaded by nothing else."""
        register(_check_shop)


def _check_shop(**options: Any) -> list[CheckMessage]:
    from apps.core.checks import check_shop

    return check_shop(**options)
