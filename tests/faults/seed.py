"""Fill the database in DATABASE_URL with one market and one variant; prints its SKU."""

import django

if __name__ == "__main__":
    django.setup()
    from tests.factories.shop import open_market, stock_variant

    open_market()
    print(stock_variant(on_hand=100_000).sku)
