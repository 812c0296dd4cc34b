"""Migrate and empty the database in DATABASE_URL, and fill it with one market and one variant; prints its SKU."""

import django
from django.core.management import call_command

if __name__ == "__main__":
    django.setup()
    from tests.factories.shop import open_market, stock_variant

    call_command("migrate", interactive=False, verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    open_market()
    print(stock_variant(on_hand=100_000).sku)
