from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class EventsConfig(AppConfig):
    name = "apps.events"

    def ready(self) -> None:
        """Let each committed announcement wake the relay, and know every app's handlers."""
        from django.db.models.signals import post_save

        from apps.events.models import OutboxMessage
        from apps.events.signals import wake_relay_after_commit

        post_save.connect(
            wake_relay_after_commit, sender=OutboxMessage, dispatch_uid="events.wake_relay"
        )
        autodiscover_modules("handlers")
