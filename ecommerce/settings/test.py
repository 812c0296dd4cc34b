"""Tests: the same engine, queues and topic as everywhere, started by tests/conftest.py."""

from ecommerce.settings.local import *

SECRET_KEY = "a-key-for-tests-that-signs-nothing-of-value"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["default"] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
STORAGES["documents"] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]
