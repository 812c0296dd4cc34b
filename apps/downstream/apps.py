from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DownstreamConfig(AppConfig):
    name = "apps.downstream"
    verbose_name = _("Downstream systems")
