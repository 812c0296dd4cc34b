"""Make an account of the back office where nobody can type a password: on a stage."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.forms import ValidationError
from django.urls import reverse

from apps.accounts import services
from apps.accounts.errors import EmailTaken
from apps.core.selectors import brand


class Command(BaseCommand):
    help = "Make an account that may do everything; its owner then asks for a password by mail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")

    def handle(self, *_: Any, email: str, name: str, **__: Any) -> None:
        try:
            validate_email(email)
            services.add_staff(email=email, name=name)
        except ValidationError:
            raise CommandError("This is no e-mail address; nothing has changed.") from None
        except EmailTaken as refusal:
            raise CommandError(f"{refusal} Nothing has changed.") from None
        page = brand().origin + reverse("storefront:password-reset")
        self.stdout.write(f"The account is made. Ask for its password at {page}")
