"""A laptop: finds the stage that `make run` started in this checkout, unless the environment names another."""

import json
import os
from pathlib import Path

_STAGE_FILE = Path(__file__).resolve().parents[2] / "var" / "run.json"


def _adopt_running_stage() -> None:
    """Give boto3, Celery and the database settings the addresses that the runner wrote down."""
    stage = json.loads(_STAGE_FILE.read_text()) if _STAGE_FILE.exists() else {}
    endpoint = stage.get("aws_endpoint_url", "http://127.0.0.1:4566")
    defaults = {
        "DATABASE_URL": stage.get("database_url", "postgresql://shop@127.0.0.1:5432/shop"),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "SHOP_ORIGIN": f"http://127.0.0.1:{stage.get('port', 8000)}",
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    os.environ.setdefault("SQS_BASE_URL", f"{endpoint}/000000000000")
    name = os.environ.get("STAGE", "local")
    os.environ.setdefault(
        "SNS_TOPIC_ARN", f"arn:aws:sns:eu-west-1:000000000000:{name}-order-events"
    )
    os.environ.setdefault("MEDIA_BUCKET", f"{name}-media")
    os.environ.setdefault("DOCUMENTS_BUCKET", f"{name}-documents")
    os.environ.setdefault("MEDIA_DOMAIN", f"{endpoint.removeprefix('http://')}/{name}-media")
    os.environ.setdefault("MEDIA_PROTOCOL", "http:")
    os.environ.setdefault("MEDIA_ORIGIN", endpoint)


_adopt_running_stage()

from ecommerce.settings.base import *

SECRET_KEY = os.environ.get("SECRET_KEY", "a-key-for-this-laptop-only-never-used-on-a-stage")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", "testserver"]
SHOP["PAYMENT_PROVIDERS"]["fake"]["OPTIONS"]["shows_tokens"] = True
DOWNSTREAM_SECRETS = {
    system: f"a-secret-of-this-laptop-for-{system}"
    for system in ("fulfilment", "accounting", "inventory", "crm", "support")
}
DATABASES["default"]["CONN_MAX_AGE"] = 60
STORAGES["staticfiles"] = {
    "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage",
}
# Mails leave as files, to be read without a mail server; the back office shows the shop's own too.
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = _STAGE_FILE.parent / "mail"
