"""The door for notification channels: by what ways a shopper hears of an order."""

from abc import ABC, abstractmethod
from typing import Literal

from apps.core.registry import Backend, Section
from apps.notifications.types import WrittenMessage


class NotificationChannel(Backend, ABC):
    """A way on which a message that was written reaches somebody.

    Every message about an order is written once for each channel that has somebody to write to, and
    handed over once: a crash on the way leaves it rather unsent than sent twice.
    """

    # Which of an order's facts it writes to. Who gave no telephone number gets no message by telephone.
    writes_to: Literal["email", "phone"] = "email"

    @abstractmethod
    def send(self, message: WrittenMessage) -> None:
        """Hand one message over. Raises whatever stops it; then it did not leave, and is tried again."""


notification_channels: Section[NotificationChannel] = Section(
    "NOTIFICATION_CHANNELS",
    port=NotificationChannel,  # type: ignore[type-abstract]
)
