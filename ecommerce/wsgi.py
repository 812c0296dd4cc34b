"""The WSGI entry of gunicorn and AWS Lambda."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
