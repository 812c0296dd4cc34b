from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.accounts.errors import StaffStays
from apps.accounts.selectors import find_customer
from apps.accounts.services import erase_customer
from apps.orders.services import erase_guest


class Command(BaseCommand):
    """Forget somebody who asks for it, with an account or without."""

    help = "Close a customer's account and erase who it was, wherever the law does not ask for it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *_: Any, email: str, **__: Any) -> None:
        customer = find_customer(email=email)
        if customer:
            try:
                erase_customer(customer_id=customer.pk)
            except StaffStays as refusal:
                raise CommandError(f"{refusal} Nothing has changed.") from None
            self.stdout.write(
                f"Customer {customer.pk} is erased; orders follow once they are final."
            )
        sales = erase_guest(email=email)
        if not customer and not sales:
            msg = "Nobody has an account or an order of a guest with this address; nothing has changed."
            raise CommandError(msg)
        self.stdout.write(
            f"Orders as a guest: {sales}; each is emptied once it is final, tonight or by manage.py prune."
        )
