"""The project: settings, URLs, the Celery app and the entries that a server calls."""

import os

# Whatever is imported first of this package comes past here: on Lambda that is no laptop.
_STAGE = "production" if "AWS_LAMBDA_FUNCTION_NAME" in os.environ else "local"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"ecommerce.settings.{_STAGE}")
