"""The entry of `python -m examples.catalogue`, on the shop that runs here."""

import os

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecommerce.settings.local")
    django.setup()
    from examples.catalogue.load import main

    main()
