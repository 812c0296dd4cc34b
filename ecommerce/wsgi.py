"""The WSGI entry of gunicorn and Zappa."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecommerce.settings.local")

application = get_wsgi_application()
