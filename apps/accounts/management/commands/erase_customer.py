from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.accounts import services
from apps.accounts.errors import StaffStays
from apps.accounts.selectors import find_customer


class Command(BaseCommand):
    """Forget a customer who asks for it."""

    help = "Close a customer's account and erase who it was, wherever the law does not ask for it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *_: Any, email: str, **__: Any) -> None:
        customer = find_customer(email=email)
        if customer is None:
            raise CommandError("There is no such account; nothing has changed.")
        try:
            services.erase_customer(customer_id=customer.pk)
        except StaffStays as refusal:
            raise CommandError(f"{refusal} Nothing has changed.") from None
        self.stdout.write(f"Customer {customer.pk} is erased; orders follow once they are final.")
