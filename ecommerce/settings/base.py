"""What holds on every stage. Values that differ come from the environment; none of them is secret here."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import environ
from django.utils.translation import gettext_lazy as _

from ecommerce.settings import back_office, shop

BASE_DIR = Path(__file__).resolve().parents[2]
env = environ.Env()


def _timeout_of(seconds: int) -> dict[str, str]:
    """The longest that a statement of this process may take. RDS Proxy takes no such option: on AWS
    the database's own parameter says it.
    """
    return {"options": f"-c statement_timeout={seconds * 1000}"} if seconds else {}


def _folder_of(package: str) -> Path:
    """Where a package lies, without importing it."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


# Which environment this is (dev, staging, production): it begins the names of queues, buckets and
# metrics.
STAGE = env.str("STAGE", default="local")
# What sessions, quotes and links are signed with; a long random text that nobody else knows.
SECRET_KEY = env.str("SECRET_KEY", default="")
# What was signed with these is still believed: the keys before, while a new one comes into use. Keys are
# parted by spaces, which no generated secret has in it.
SECRET_KEY_FALLBACKS = env.str("SECRET_KEY_FALLBACKS", default="").split()
# What the links to orders in all mails are made with; the first makes new ones, all of them open. Keys of
# their own outlive a change of SECRET_KEY. None: SECRET_KEY and its fallbacks.
STATUS_KEYS = env.str("STATUS_KEYS", default="").split()
# The host names that the shop answers to; any other is refused.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
DEBUG = False
# Which function this is on AWS: `web`, `office` or `worker`; empty where one process does everything.
FUNCTION = env.str("FUNCTION", default="web" if env.str("AWS_LAMBDA_FUNCTION_NAME", "") else "")
# The back office costs a cold start a fifth of its time, and shoppers never see it.
BACK_OFFICE = env.bool("BACK_OFFICE", default=FUNCTION != "web")
if BACK_OFFICE:
    # Its classes name what they are for; Django's take that from the type checker only by this.
    import django_stubs_ext

    django_stubs_ext.monkeypatch()

INSTALLED_APPS = [
    # First, so that its templates win over the theme's.
    *(["apps.backoffice", "unfold", "django.contrib.admin", "treebeard"] if BACK_OFFICE else []),
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "apps.core",
    "apps.events",
    "apps.jobs",
    "apps.deadletters",
    "apps.downstream",
    "apps.accounts",
    "apps.catalog",
    "apps.pricing",
    "apps.inventory",
    "apps.payments",
    "apps.cart",
    "apps.orders",
    "apps.shipping",
    "apps.translations",
    "apps.checkout",
    "apps.refunds",
    "apps.notifications",
    "apps.invoicing",
    "apps.backfill",
    "apps.audit",
    "apps.search",
    "apps.storefront",
    "apps.api",
]

MIDDLEWARE = [
    "ecommerce.logs.LogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "ecommerce.threads.KeepThreads",
    "apps.core.middleware.PrivacyMiddleware",
    "apps.storefront.middleware.OutageMiddleware",
    "apps.core.middleware.LooserPolicyMiddleware",
    "ecommerce.limits.LimitMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "apps.storefront.middleware.LocalizationMiddleware",
    "django.middleware.common.CommonMiddleware",
    "apps.storefront.middleware.SameOriginMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "ecommerce.urls"
WSGI_APPLICATION = "ecommerce.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            # The owner's folder wins, then the apps', then what lies beside a backend of SHOP.
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                        "apps.core.registry.BackendTemplates",
                    ],
                )
            ],
            "builtins": ["apps.core.templatetags.brand"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": {
        # PostgreSQL 18 or newer: postgresql://user:password@host/name.
        **env.db_url("DATABASE_URL", default="postgresql:///shop"),
        "ENGINE": "ecommerce.database",
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=0),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {
            # Seconds until a database that does not answer is an outage.
            "connect_timeout": env.int("DATABASE_CONNECT_TIMEOUT", default=3),
            # A server that is gone without a word is given up after this long, not after a quarter
            # of an hour.
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 30,
            # Seconds after which PostgreSQL breaks a statement off; 0: never.
            **_timeout_of(env.int("DATABASE_STATEMENT_SECONDS", default=0)),
        },
    },
}
# How many requests one process of the web server answers at once; 0 where each has its own.
WEB_THREADS = env.int("WEB_THREADS", default=0)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["ecommerce.log_ins.LimitedTries"]
# Wrong passwords for one account in five minutes.
LOG_IN_TRIES = env.int("LOG_IN_TRIES", default=10)
# After so long who works here logs in again.
STAFF_SESSION_HOURS = env.int("STAFF_SESSION_HOURS", default=8)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
] + [{"NAME": "ecommerce.log_ins.LongestPassword"}]
# Where links in mails and of the command line lead, whatever front end this shop has.
PAGES = {
    "order": "storefront:order-status",
    "open_account": "storefront:account-open",
    "choose_password": "storefront:password-new",
    "forgotten_password": "storefront:password-reset",
}
LOGIN_URL = "storefront:login"
LOGIN_REDIRECT_URL = "storefront:account"
LOGOUT_REDIRECT_URL = "storefront:home"

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("de", _("German")),
    ("fr", _("French")),
    ("es", _("Spanish")),
    ("ar", _("Arabic")),
]
# The countries' names are all that is wanted of their library; installed as an app it would also load
# its form fields, for the sake of template tags that nothing here uses.
LOCALE_PATHS = [BASE_DIR / "locale", _folder_of("django_countries") / "locale"]
FORMAT_MODULE_PATH = ["ecommerce.formats"]
USE_TZ = True
# Where the seller is: what day it is, on paper and on every page, is that day. Moments are kept in UTC.
TIME_ZONE = env.str("SELLER_TIME_ZONE", default="Europe/London")

# Where style sheets, scripts and drawings are served from.
STATIC_URL = env.str("STATIC_URL", default="/static/")
STATIC_ROOT = BASE_DIR / "var" / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "apps.core.gateways.MediaStorage",
        "OPTIONS": {
            # The S3 bucket of product pictures, which everybody may see.
            "bucket_name": env.str("MEDIA_BUCKET", default="local-media"),
            # The domain that serves the pictures (CloudFront); without it S3 does.
            "custom_domain": env.str("MEDIA_DOMAIN", default=None),
            # How addresses of pictures begin: https: or, on a laptop, http:.
            "url_protocol": env.str("MEDIA_PROTOCOL", default="https:"),
            "querystring_auth": False,
            "file_overwrite": False,
            "object_parameters": {"CacheControl": "public, max-age=31536000, immutable"},
        },
    },
    # What concerns one person: no public address, and each file is handed out by a view that asks who.
    "documents": {
        "BACKEND": "apps.core.gateways.MediaStorage",
        "OPTIONS": {
            # The private S3 bucket of invoices and of pictures that customers send.
            "bucket_name": env.str("DOCUMENTS_BUCKET", default="local-documents"),
            "file_overwrite": True,
        },
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# The AWS region of the queues, the topic and the buckets.
AWS_REGION = env.str("AWS_DEFAULT_REGION", default="eu-west-1")
# The address of the queues without their names: https://sqs.<region>.amazonaws.com/<account>.
SQS_BASE_URL = env.str("SQS_BASE_URL", default="")
# The SNS topic on which what happens to orders is announced.
SNS_TOPIC_ARN = env.str("SNS_TOPIC_ARN", default="")

TASK_APP = "ecommerce.celery.app"
CELERY_BROKER_URL = "sqs://"
CELERY_TASK_DEFAULT_QUEUE = "tasks"
CELERY_TASK_ROUTES = {
    "orders.process_order": {"queue": "orders"},
    "audit.check_all": {"queue": "bulk"},
    "audit.check_shop": {"queue": "bulk"},
    "audit.prune": {"queue": "bulk"},
    "catalog.make_renditions": {"queue": "bulk"},
    "inventory.recount": {"queue": "bulk"},
    "jobs.run": {"queue": "bulk"},
    "orders.look_for_order": {"queue": "bulk"},
    "refunds.pay_back": {"queue": "refunds"},
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_ACKS_ON_FAILURE_OR_TIMEOUT = False
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_CONSUMER = "ecommerce.consumer:Consumer"
CELERY_WORKER_PREFETCH_MULTIPLIER = 2
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A figure on record is a line that begins with its brace: as the text of a log line nobody finds it.
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"

# Where limits count and pages are kept: redis://host:6379/0, or in each process alone.
CACHES = {"default": env.cache_url("CACHE_URL", default="locmemcache://")}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.api.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "apps.core.api.views.Pagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.core.api.views.render_problem",
    "UNAUTHENTICATED_USER": None,
    # How many proxies stand before the shop: so many entries from the end of X-Forwarded-For is who
    # asks. 0: who connects.
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
NUM_PROXIES = env.int("NUM_PROXIES", default=0)

SPECTACULAR_SETTINGS = {
    "TITLE": "Shop API",
    "DESCRIPTION": "Products, carts, signed quotes and orders. Errors are RFC 9457 problem documents.",
    "VERSION": "1.0.0",
    "DEFAULT_GENERATOR_CLASS": "ecommerce.openapi.Generator",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
}

# The Django backend that sends mails; on AWS it is SES.
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.locmem.EmailBackend")

SHOP: dict[str, dict[str, Any]] = shop.SHOP
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default=f"{SHOP['BRAND']['NAME']} <{SHOP['BRAND']['EMAIL']}>"
)
DEFAULT_MARKET = "gb"
QUOTE_MINUTES = 30
# How often in a minute guests may order from one network address.
GUEST_ORDERS_PER_MINUTE = env.int("GUEST_ORDERS_PER_MINUTE", default=30)
# How often in an hour guests may order for one e-mail address, which hears of each.
GUEST_ORDERS_PER_RECIPIENT = env.int("GUEST_ORDERS_PER_RECIPIENT", default=20)
# How many times as much as usual one address may do (ecommerce/limits.py): for tests under load.
LIMITS_TIMES = env.int("LIMITS_TIMES", default=1)
RESERVATION_MINUTES = 30
# How long a guest's order that is not paid holds its goods; by e-mail address and by network address.
GUEST_HOLD_MINUTES = env.int("GUEST_HOLD_MINUTES", default=20)
# How many units of one variant the unpaid orders of a guest may hold.
GUEST_UNITS = env.int("GUEST_UNITS", default=100)
# How long events are kept (an order's timeline is made of them), and how long deliveries that were made.
EVENTS_KEPT_DAYS = 400
DELIVERIES_KEPT_DAYS = 30
# How long after an order was accepted it is asked what has become of it; SQS delays no longer than this.
TRACE_SECONDS = env.int("TRACE_SECONDS", default=900)
# Orders above this amount (minor units, by currency) wait for a manager before money is taken.
APPROVAL_LIMITS = env.dict(
    "APPROVAL_LIMITS",
    cast={"value": int},
    default={"GBP": 500_000, "EUR": 500_000, "USD": 500_000, "JPY": 1_000_000},
)
APPROVAL_HOURS = 48
# What each downstream system signs its callbacks and receipts with: "fulfilment=…,accounting=…".
DOWNSTREAM_SECRETS = env.dict("DOWNSTREAM_SECRETS", default={})
# The payment provider, and its token, that orders imported from another service are put down to.
IMPORT_PAYMENT = ("fake", "tok_success")
# Where a payment provider's own page sends the shopper when all is said.
PAYMENT_RETURN_PATH = "/pay/return/{payment_id}/"

# What files one request may carry: Lambda takes 6 MB, of which base64 leaves less than 4.5.
UPLOAD_LIMIT_BYTES = env.int("UPLOAD_LIMIT_BYTES", default=4_000_000)

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# The origin of the pictures, for the content security policy: https://media.example.com.
MEDIA_ORIGIN = env.str("MEDIA_ORIGIN", default="")
_POLICY = {
    "default-src": ["'self'"],
    "img-src": ["'self'", "data:", *([MEDIA_ORIGIN] if MEDIA_ORIGIN else [])],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ("/admin/", "/api/v1/docs/"),
    "DIRECTIVES": _POLICY,
}
# Where that one is left out: the back office's theme and the API's documentation need inline styles and
# evaluated expressions; shoppers see neither.
LOOSER_POLICY = {
    **_POLICY,
    "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
}

UNFOLD = back_office.UNFOLD

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "%(levelname)s %(name)s %(message)s"},
        "json": {"()": "ecommerce.logs.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    # The least grave remarks that are logged: DEBUG, INFO, WARNING or ERROR.
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {name: {"level": "WARNING"} for name in ("botocore", "kombu", "stripe")},
}
