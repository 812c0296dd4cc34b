"""What forms with files have in common: together the files of one request fit into it."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext, gettext_noop

# Messages of Django's that REST framework's translations say as to a friend: ours take their place.
_FORMAL = (
    gettext_noop("Enter a valid URL."),
    gettext_noop("Enter a valid email address."),
)


def check_uploads(files: Iterable["UploadedFile[Any]"]) -> None:
    """Whether one request may carry these files. Raises ValidationError."""
    if sum(file.size or 0 for file in files) > settings.UPLOAD_LIMIT_BYTES:
        raise ValidationError(_refusal(), code="too_large")


def tell_limit(field: forms.Field) -> None:
    """Let the browser say so, too, before it sends anything (`core/js/uploads.js`)."""
    field.widget.attrs |= {
        "data-most-bytes": str(settings.UPLOAD_LIMIT_BYTES),
        "data-too-large": _refusal(),
    }


def _refusal() -> str:
    return gettext("Together the pictures may have at most %(size)s MB.") % {
        "size": settings.UPLOAD_LIMIT_BYTES // 1_000_000
    }
