"""Programs that test_addon.py runs with the add-on's wheel on their path, each with a database of its own."""

import json
import os
from collections.abc import Callable
from typing import Any

import django
from django.db import connection

django.setup()


def tell(look: Callable[[], dict[str, Any]]) -> None:
    """Print what is found in a new, migrated database, which is gone afterwards."""
    name = os.environ["DATABASE_URL"].rpartition("/")[2]
    connection.creation.create_test_db(verbosity=0, serialize=False, keepdb=False)
    try:
        print("told", json.dumps(look()))
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
