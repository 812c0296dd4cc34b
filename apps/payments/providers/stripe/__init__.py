"""Stripe's hosted payment page."""

from apps.payments.providers.stripe.provider import StripeProvider

__all__ = ["StripeProvider"]
