"""A connection that PostgreSQL refuses is tried once more with the secrets as they are now."""

from typing import Any

from django.db.backends.postgresql import base

from ecommerce.settings import secrets

# What PostgreSQL and RDS Proxy say of a password that was rotated.
_REFUSALS = ("password", "authentication", "credentials", 'role "')


class DatabaseWrapper(base.DatabaseWrapper):
    """Survives the rotation of its password without a deployment."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except self.Database.OperationalError as error:
            refused = any(word in str(error) for word in _REFUSALS)
            if not refused or not secrets.renew():
                raise
            return super().get_new_connection(self.get_connection_params())
