#!/usr/bin/env python
"""Django's command line; on a laptop it finds the running stage by itself (see settings/local.py)."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecommerce.settings.local")
    execute_from_command_line(sys.argv)
