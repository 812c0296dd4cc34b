"""Where goods stand, who makes them, and what they are called by."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node

from apps.core.models import Translated, folded


class Category(MP_Node, Translated):  # type: ignore[django-manager-missing]
    """A shelf; shelves stand in a tree."""

    translated = ("name", "summary")
    translation_key = ("slug",)

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(max_length=100, unique=True)
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    picture = models.FileField(_("picture"), upload_to="categories/", blank=True)

    node_order_by: list[str] = []

    class Meta:
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return self.name


class Brand(models.Model):
    name = models.CharField(_("name"), max_length=100, unique=True)
    slug = models.SlugField(max_length=100, unique=True)
    words = folded("name")

    def __str__(self) -> str:
        return self.name


class Tag(Translated):
    """A word that products of any shelf and type may bear: fragrance-free, new."""

    translated = ("name",)

    code = models.SlugField(max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=60, unique=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")

    def __str__(self) -> str:
        return self.name
