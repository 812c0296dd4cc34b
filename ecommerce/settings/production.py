"""AWS: every value without which the shop would be wrong is required, so a missing one stops the boot."""

from pathlib import Path
from urllib.parse import urlsplit

from ecommerce.settings import secrets

secrets.adopt()

from ecommerce.settings.base import *
from ecommerce.settings.base import env

SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
SHOP["BRAND"]["ORIGIN"] = env.str("SHOP_ORIGIN")
DATABASES["default"] |= {
    **env.db_url("DATABASE_URL"),
    "ENGINE": DATABASES["default"]["ENGINE"],
    # Kept from one invocation to the next, asked for its health before it is used again, and given
    # back before RDS Proxy (30 min) or a load balancer (350 s) would close it in silence.
    "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=300),
}
# The host of the shared cache (ElastiCache, TLS); without it CACHE_URL holds.
if CACHE_HOST := env.str("CACHE_HOST", default=""):
    CACHES = {
        "default": {
            "BACKEND": "ecommerce.caching.SharedCache",
            "LOCATION": f"rediss://{CACHE_HOST}:6379",
            "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
        }
    }
SQS_BASE_URL = env.str("SQS_BASE_URL")
SNS_TOPIC_ARN = env.str("SNS_TOPIC_ARN")
STORAGES["default"]["OPTIONS"] |= {
    "bucket_name": env.str("MEDIA_BUCKET"),
    "custom_domain": env.str("MEDIA_DOMAIN"),
}
STORAGES["documents"]["OPTIONS"]["bucket_name"] = env.str("DOCUMENTS_BUCKET")
# The package holds the names with their hashes, so that no page asks S3 for them; the files
# themselves are collected when it is made, and are uploaded beside it.
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
# The domain that serves style sheets, scripts and drawings (CloudFront).
STATIC_URL = f"https://{env.str('STATIC_DOMAIN')}/"
STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage",
}
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="apps.notifications.gateways.SesBackend")
# Whom mails come from: at the shop's own host, which is what SES knows and signs for
# (infra/templates/domain.yaml).
SHOP["BRAND"]["EMAIL"] = (
    env.str("SHOP_EMAIL", default="") or f"orders@{urlsplit(SHOP['BRAND']['ORIGIN']).hostname}"
)
# The sender of mails as their header has it; without it the shop's name and address.
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default=f"{SHOP['BRAND']['NAME']} <{SHOP['BRAND']['EMAIL']}>"
)
# How a line of the log is written: json or plain.
LOGGING["handlers"]["console"]["formatter"] = env.str("LOG_FORMAT", default="json")
DOWNSTREAM_SECRETS = env.dict("DOWNSTREAM_SECRETS")
# Required, so that no shop is left with the demo bank by accident.
env.list("PAYMENT_GATEWAYS")

SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
