"""Settings for workers whose mails a test counts: each leaves as a file in MAIL_FOLDER."""

import os

from ecommerce.settings.test import *  # noqa: F403

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = os.environ["MAIL_FOLDER"]
