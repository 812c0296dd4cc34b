"""The entry of `python -m tests.scale`, on the shop that runs here."""

import os
import sys

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecommerce.settings.local")
    django.setup()
    from tests.scale.command import main

    sys.exit(main(sys.argv[1:]))
