"""What mails promise."""

from apps.core.types import Invariant, Scope, uuid_in
from apps.events.types import heard
from apps.notifications.registry import notification_channels
from apps.orders.types import Channel

_HEARD = heard("o.id::text")

MESSAGES = Scope(
    name="messages",
    changed="SELECT id FROM notifications_message WHERE id > %(since_id)s",
    table="notifications_message",
    key="uuid",
)


def _writes_mails() -> bool:
    """Whether each shopper has a channel that reaches her: everybody gives an e-mail address."""
    channels = map(notification_channels.get, notification_channels.names)
    return any(channel.writes_to == "email" for channel in channels)


SCOPES = (MESSAGES,)

INVARIANTS = (
    Invariant(
        code="N1",
        promise="the shopper was told what became of the order",
        scope="orders",
        sql=f"""
        SELECT o.number, format('%%s, and no mail says so', news.type)
        FROM orders_order o
        JOIN events_outboxmessage news ON news.subject = o.id::text
        JOIN (VALUES ('orders.order.placed.v1', 'order_received'),
            ('orders.order.paid.v1', 'order_confirmed'),
            ('orders.order.rejected.v1', 'order_rejected'),
            ('orders.order.cancelled.v1', 'order_cancelled')) AS told (type, kind)
          ON told.type = news.type
        WHERE %(by_mail)s AND o.id = ANY(%(keys)s::uuid[]) AND o.channel <> '{Channel.IMPORT}' AND o.erased_at IS NULL
          AND news.occurred_at > %(deliveries_since)s AND {_HEARD}
          AND NOT EXISTS (
              SELECT FROM notifications_message mail
              WHERE mail.kind = told.kind AND mail.reference = o.id::text)
        """,
        values=lambda: {"by_mail": _writes_mails()},
    ),
    Invariant(
        code="N2",
        promise="no mail has been on its way for more than an hour",
        sql="""
        SELECT mail.id, format('%%s since %%s: %%s', mail.state, mail.updated_at, left(mail.error, 80))
        FROM notifications_message mail
        WHERE mail.state IN ('queued', 'sending', 'failed')
          AND mail.updated_at < now() - interval '1 hour'
        """,
    ),
    Invariant(
        code="N3",
        promise="a message about an order goes to the address, or the telephone, of that order",
        scope="messages",
        sql=f"""
        SELECT mail.id, format('%%s to another address than order %%s names', mail.kind, o.number)
        FROM notifications_message mail
        JOIN orders_order o ON o.id = {uuid_in("mail.reference")}
        WHERE mail.id = ANY(%(keys)s::uuid[]) AND o.erased_at IS NULL
          AND mail.recipient NOT IN ('', o.email, coalesce(o.address ->> 'phone', ''))
        """,
    ),
)
