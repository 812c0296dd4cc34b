"""The WSGI entry of gunicorn and AWS Lambda."""

from django.core.wsgi import get_wsgi_application

from ecommerce import telemetry

telemetry.begin()
application = get_wsgi_application()
