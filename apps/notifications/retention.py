"""How long mails are kept."""

from apps.core.types import Retention

RETENTION = (
    Retention(
        model="notifications.Message",
        days=180,
        why="What a customer was told, until nobody can complain that nothing came; unsent ones stay.",
        personal=("recipient", "subject", "text", "html"),
        expired="""
        SELECT id FROM notifications_message
        WHERE id < %(before_id)s AND state IN ('sent', 'failed') AND updated_at < %(before)s
        ORDER BY id LIMIT %(batch)s
        """,
    ),
)
