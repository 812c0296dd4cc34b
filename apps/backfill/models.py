"""What a replay must remember between two runs."""

from django.db import models


class SentInvoice(models.Model):
    """An invoice that was put on the orders queue and is no order yet; gone as soon as it is one."""

    order_id = models.UUIDField(primary_key=True, editable=False)
    sent_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.order_id)
