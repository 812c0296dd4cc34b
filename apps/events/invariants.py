"""What is promised of announced events."""

from apps.core.types import Invariant, Scope

EVENTS = Scope(
    name="events",
    changed="SELECT id FROM events_outboxmessage WHERE id > %(since_id)s",
    table="events_outboxmessage",
    key="uuid",
    first="%(deliveries_since_id)s",
)
SCOPES = (EVENTS,)

INVARIANTS = (
    Invariant(
        code="I10",
        promise="no event has been on its way for more than five minutes",
        sql="""
        SELECT news.type, 'nowhere yet: no error' FROM events_outboxmessage news
        WHERE news.fanned_out_at IS NULL AND news.occurred_at < now() - interval '5 minutes'
        UNION ALL
        SELECT news.type, format('%%s: %%s', delivery.target,
            coalesce(nullif(left(delivery.last_error, 120), ''), 'no error'))
        FROM events_delivery delivery JOIN events_outboxmessage news ON news.id = delivery.message_id
        WHERE delivery.delivered_at IS NULL AND news.occurred_at < now() - interval '5 minutes'
        """,
    ),
    Invariant(
        code="E1",
        promise="each event is on its way to every target that it had",
        scope="events",
        sql="""
        SELECT news.type, format('%%s of %%s deliveries of %%s', count(delivery.id),
            news.targets, news.id)
        FROM events_outboxmessage news
        LEFT JOIN events_delivery delivery
          ON delivery.message_id = news.id AND delivery.target NOT LIKE 'replay:%%'
        WHERE news.id = ANY(%(keys)s::uuid[]) AND news.fanned_out_at > %(deliveries_since)s
          AND news.targets IS NOT NULL
        GROUP BY news.id HAVING count(delivery.id) <> news.targets
        """,
    ),
)
