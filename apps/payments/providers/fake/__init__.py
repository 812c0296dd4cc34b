"""The demo bank."""

from apps.payments.providers.fake.provider import FakeProvider

__all__ = ["FakeProvider"]
