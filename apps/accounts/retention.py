"""How long people, their sessions and the records of what staff did are kept."""

from django.conf import settings

from apps.core.types import Retention

_RIGHTS = "Who may do what: kept until staff changes it."

RETENTION = (
    Retention(
        model="accounts.User",
        why="An account lives until its holder leaves: `manage.py erase_customer` empties it.",
        personal=("email", "name"),
    ),
    Retention(
        model="accounts.SavedAddress",
        why="An address book lives as long as its account.",
        personal=("name", "company", "line1", "line2", "city", "region", "postcode", "phone"),
    ),
    Retention(
        model="accounts.ApiKey",
        why="A key that was withdrawn still says what it was allowed.",
        impersonal=("name",),
    ),
    Retention(
        model="accounts.AccessRequest",
        days=2,
        why="As long as the link that was mailed opens an account.",
        personal=("email", "name"),
        expired="""
        SELECT id FROM accounts_accessrequest
        WHERE id < %(before_id)s ORDER BY id LIMIT %(batch)s
        """,
    ),
    Retention(
        model="accounts.TokenFamily",
        days=30,
        why="As long as its last refresh token could be used.",
        expired="""
        SELECT id FROM accounts_tokenfamily
        WHERE renewed_at < %(before)s ORDER BY renewed_at LIMIT %(batch)s
        """,
    ),
    Retention(model="accounts.User_groups", why=_RIGHTS),
    Retention(model="accounts.User_user_permissions", why=_RIGHTS),
    Retention(model="auth.Group", why=_RIGHTS, impersonal=("name",)),
    Retention(model="auth.Group_permissions", why=_RIGHTS),
    Retention(model="auth.Permission", why=_RIGHTS, impersonal=("name",)),
    Retention(model="contenttypes.ContentType", why="Django's list of the models there are."),
    Retention(
        model="sessions.Session",
        days=0,
        why="A session that has expired opens nothing any more.",
        personal=("session_data",),
        expired="""
        SELECT session_key FROM django_session
        WHERE expire_date < %(before)s ORDER BY expire_date LIMIT %(batch)s
        """,
    ),
    Retention(
        model="admin.LogEntry",
        days=settings.EVENTS_KEPT_DAYS,
        why="What staff changed by hand, for as long as the history of what it changed.",
        personal=("object_repr", "change_message"),
        expired="""
        SELECT id FROM django_admin_log
        WHERE action_time < %(before)s ORDER BY id LIMIT %(batch)s
        """,
    ),
    Retention(
        model="admin.LogEntry",
        why="What was noted about an account that was erased says no more whose it was.",
        expired="""
        SELECT entry.id FROM accounts_user person
        JOIN django_admin_log entry ON entry.object_id = person.id::text
        JOIN django_content_type kind ON kind.id = entry.content_type_id
        WHERE person.erased_at IS NOT NULL AND kind.app_label = 'accounts'
          AND kind.model IN ('user', 'customer', 'colleague') AND entry.object_repr <> ''
        ORDER BY entry.id LIMIT %(batch)s
        """,
        clear="""
        UPDATE django_admin_log SET object_repr = '', change_message = '' WHERE id = ANY(%(keys)s)
        """,
    ),
)
