"""How long mails are kept."""

from apps.core.types import Retention

RETENTION = (
    Retention(
        model="notifications.Message",
        days=180,
        why="What a customer was told, until nobody can complain that nothing came; what waits stays.",
        personal=("recipient", "subject", "text", "html"),
        expired="""
        SELECT id FROM notifications_message
        WHERE id < %(before_id)s AND state <> 'queued' AND updated_at < %(before)s
        ORDER BY id LIMIT %(batch)s
        """,
    ),
    Retention(
        model="notifications.Message",
        why="A mail about an order that was erased is emptied with it.",
        expired="""
        SELECT mail.id FROM (
            SELECT o.id::text AS about FROM orders_order o WHERE o.erased_at IS NOT NULL
            UNION SELECT shipment.id::text FROM shipping_shipment shipment
                JOIN orders_order o ON o.id = shipment.order_id WHERE o.erased_at IS NOT NULL
            UNION SELECT refund.id::text FROM refunds_refund refund
                JOIN orders_order o ON o.id = refund.order_id WHERE o.erased_at IS NOT NULL
            UNION SELECT request.id::text FROM refunds_refundrequest request
                JOIN orders_order o ON o.id = request.order_id WHERE o.erased_at IS NOT NULL
        ) erased JOIN notifications_message mail
            ON split_part(mail.reference, ':', 1) = erased.about
        WHERE mail.recipient <> '' AND mail.state <> 'queued'
            -- Nobody sends for a day: a crash left it, and nobody knows whether it went.
            AND (mail.state <> 'sending' OR mail.updated_at < now() - interval '1 day')
        ORDER BY mail.id LIMIT %(batch)s
        """,
        clear="""
        UPDATE notifications_message SET recipient = '', subject = '', text = '', html = ''
        WHERE id = ANY(%(keys)s)
        """,
    ),
)
