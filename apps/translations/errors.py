"""What is refused of a translation."""

from apps.core.errors import DomainError


class UnknownText(DomainError):
    """`kind`, `key` and `field` in the details."""

    code = "unknown_text"
    message = "The shop has no such text."


class UnspokenLanguage(DomainError):
    code = "unspoken_language"
    message = "No market of the shop speaks this language."


class SourceChanged(DomainError):
    """`source` in the details is what the text is by now."""

    code = "source_changed"
    message = "The text has been changed since; look at it again."


class TextTooLong(DomainError):
    """`most` in the details is how many characters have room."""

    code = "text_too_long"
    message = "The translation is too long."


class NoTranslations(DomainError):
    """A file that is not a list of translations; `columns` in the details are those it must have."""

    code = "no_translations"
    message = "This is no CSV file with the columns of a list of translations."
