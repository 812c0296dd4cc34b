"""PostgreSQL behind RDS Proxy: its password changes, and a long statement would pin its session."""

from collections.abc import Sequence
from typing import Any

from django.db.backends.postgresql import base, operations
from django.db.models import Field, Model

from ecommerce.settings import secrets

# What PostgreSQL and RDS Proxy say of a password that was rotated.
_REFUSALS = ("password", "authentication", "credentials", 'role "')
# RDS Proxy pins a session to a statement of more than 16 KB; the names of table and columns count, too.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html
_MOST_BYTES = 14_000
# Quotes, comma and cast of each value; an update, which names the key twice, adds `WHEN … THEN`.
_AROUND_A_VALUE, _AROUND_AN_UPDATE = 20, 60


class DatabaseOperations(operations.DatabaseOperations):
    """Splits what is written or deleted in bulk into statements that pin no session."""

    def bulk_batch_size(self, fields: Sequence[Any], objs: Sequence[Any]) -> int:
        """How many of the objects one statement may carry, by the largest of them."""
        largest = max((_bytes_of(one, fields=fields) for one in objs), default=1)
        return max(1, _MOST_BYTES // largest)


def _bytes_of(one: Any, *, fields: Sequence[Any]) -> int:
    values = (
        getattr(one, field.attname, "")
        if isinstance(field, Field) and isinstance(one, Model)
        else ""
        for field in fields
    )
    is_update = len(fields) > 1 and fields[0] is fields[1]
    around = _AROUND_AN_UPDATE if is_update else _AROUND_A_VALUE
    return sum(around + len(str(value).encode()) for value in values)


class DatabaseWrapper(base.DatabaseWrapper):
    """Survives the rotation of its password without a deployment."""

    ops_class = DatabaseOperations

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection; where the password is refused and there is a newer one, by that."""
        try:
            return super().get_new_connection(conn_params)
        except self.Database.OperationalError as error:
            refused = any(word in str(error) for word in _REFUSALS)
            if not refused or not secrets.renew():
                raise
            return super().get_new_connection(self.get_connection_params())
