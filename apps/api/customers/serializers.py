from typing import Any

from django.conf import settings
from rest_framework import serializers

from apps.accounts.services import complaint_about_email
from apps.core.api.serializers import LanguageField
from apps.core.types import Address


class AddressSerializer(serializers.Serializer[Address]):
    """A postal address; the country decides which fields are required."""

    name = serializers.CharField(max_length=150)
    company = serializers.CharField(max_length=150, required=False, allow_blank=True, default="")
    line1 = serializers.CharField(max_length=200)
    line2 = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    city = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    region = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    postcode = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")
    country = serializers.CharField(min_length=2, max_length=2)
    phone = serializers.CharField(max_length=30, required=False, allow_blank=True, default="")

    def to_address(self, fields: dict[str, Any]) -> Address:
        """The plain value of validated fields."""
        return Address(**fields)


class ReachableEmailField(serializers.EmailField):
    """An address that the shop will write to."""

    def run_validators(self, value: Any) -> None:
        """Raises ValidationError, with the reason, for an address to which no mail can be sent."""
        if complaint := complaint_about_email(str(value)):
            raise serializers.ValidationError(complaint)
        super().run_validators(value)


class RegisterSerializer(serializers.Serializer[Any]):
    email = ReachableEmailField(max_length=254)
    name = serializers.CharField(max_length=150, required=False, allow_blank=True, default="")
    language = LanguageField(required=False, default=settings.LANGUAGE_CODE)


class CustomerSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    email = serializers.EmailField(max_length=254)
    name = serializers.CharField()
    language = serializers.CharField()
