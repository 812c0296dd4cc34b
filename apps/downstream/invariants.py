"""What is promised of events on their way to downstream systems."""

from collections.abc import Mapping, Sequence

from apps.core.types import Invariant, Scope
from apps.downstream.selectors import list_audiences


def _audiences() -> Mapping[str, Sequence[str]]:
    """Which system hears which type: two columns of equal length."""
    pairs = list_audiences()
    return {"types": [one for one, _ in pairs], "systems": [system for _, system in pairs]}


SCOPES: tuple[Scope, ...] = ()

INVARIANTS = (
    Invariant(
        code="E2",
        promise="systems that send receipts have worked in what was published a quarter of an hour ago",
        scope="events",
        values=_audiences,
        sql="""
        SELECT news.type, format('%%s has not worked in %%s', audience.system, news.id)
        FROM events_outboxmessage news
        JOIN events_delivery delivery ON delivery.message_id = news.id AND delivery.target = 'sns'
        JOIN unnest(%(types)s::text[], %(systems)s::text[]) AS audience (type, system)
          ON audience.type = news.type
        WHERE news.id = ANY(%(keys)s::uuid[])
          AND delivery.delivered_at BETWEEN %(deliveries_since)s AND now() - interval '15 minutes'
          AND EXISTS (
              SELECT FROM downstream_receipt any_receipt WHERE any_receipt.system = audience.system)
          AND NOT EXISTS (
              SELECT FROM downstream_receipt receipt
              WHERE receipt.message_id = news.id AND receipt.system = audience.system
                AND receipt.acknowledged_at IS NOT NULL)
        """,
    ),
)
