"""AWS: every value without which the shop would be wrong is required, so a missing one stops the boot."""

from ecommerce.settings.base import *  # noqa: F403
from ecommerce.settings.base import env

SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
SHOP_ORIGIN = env.str("SHOP_ORIGIN")
DATABASES["default"] |= env.db_url("DATABASE_URL")  # noqa: F405
SQS_BASE_URL = env.str("SQS_BASE_URL")
SNS_TOPIC_ARN = env.str("SNS_TOPIC_ARN")
STORAGES["default"]["OPTIONS"] |= {  # noqa: F405
    "bucket_name": env.str("MEDIA_BUCKET"),
    "custom_domain": env.str("MEDIA_DOMAIN"),
}
STORAGES["documents"]["OPTIONS"]["bucket_name"] = env.str("DOCUMENTS_BUCKET")  # noqa: F405
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "storages.backends.s3.S3ManifestStaticStorage",
    "OPTIONS": {
        "bucket_name": env.str("STATIC_BUCKET"),
        "custom_domain": env.str("STATIC_DOMAIN"),
        "querystring_auth": False,
    },
}
EMAIL_BACKEND = env.str("EMAIL_BACKEND")
DOWNSTREAM_SECRETS = env.dict("DOWNSTREAM_SECRETS")
env.list("PAYMENT_GATEWAYS")  # Required, so that no shop is left with the demo bank by accident.

SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
