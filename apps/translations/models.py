"""The shop's texts beside their translations."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Text(models.Model):
    """A text of the shop in one other language that a market speaks: a row of a view over all tables whose rows
    are `Translated`. Empty `text`: not translated.
    """

    id = models.TextField(primary_key=True)
    kind = models.CharField(_("kind"), max_length=100)
    row = models.TextField()
    key = models.TextField(_("of what"))
    field = models.CharField(_("field"), max_length=100)
    language = models.CharField(_("language"), max_length=10)
    source = models.TextField(_("text"))
    text = models.TextField(_("translation"), blank=True)

    class Meta:
        managed = False
        db_table = "translations_text"
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        default_permissions = ("view", "change")

    def __str__(self) -> str:
        return f"{self.key}: {self.field} ({self.language})"
