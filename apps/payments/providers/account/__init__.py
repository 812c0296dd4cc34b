"""Net terms: the customer's credit account."""

from apps.payments.providers.account.provider import AccountProvider

__all__ = ["AccountProvider"]
