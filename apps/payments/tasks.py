from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.payments import services


@shared_task(name="payments.reconcile")
def reconcile(**_future: Any) -> int:
    """Every five minutes: bring payment providers and ledger together, each payment alone.

    Returns how many discrepancies are older than ten minutes.
    """
    return services.reconcile(now=timezone.now())
