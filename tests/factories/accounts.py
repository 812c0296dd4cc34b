import factory
from factory.django import DjangoModelFactory

from apps.accounts.models import User

PASSWORD = "twelve clean floors"


class UserFactory(DjangoModelFactory[User]):
    """A customer who logs in with PASSWORD."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"ada{n}@example.com")
    name = "Ada Byron"
    password = factory.django.Password(PASSWORD)
