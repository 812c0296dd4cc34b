"""Where goods stand and who makes them."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from treebeard.forms import MoveNodeForm, movenodeform_factory
from unfold.admin import ModelAdmin

from apps.catalog.admin.pictures import state_of
from apps.catalog.models import Brand, Category, Tag
from apps.core.admin import UploadForm


class CategoryForm(UploadForm, MoveNodeForm):
    """A shelf, its picture, and where in the tree it stands."""


@admin.register(Category)
class CategoryAdmin(ModelAdmin):
    """The tree in reading order; the form moves a category."""

    form = movenodeform_factory(Category, form=CategoryForm)
    list_display = ["indented", "slug"]
    search_fields = ["name"]
    readonly_fields = ["renditions"]
    ordering = ["path"]

    @admin.display(description=_("name"))
    def indented(self, category: Category) -> str:
        """The name, the deeper in the tree the farther to the right."""
        return format_html("{}{}", "\N{NO-BREAK SPACE}" * 4 * (category.depth - 1), category.name)

    @admin.display(description=_("renditions"))
    def renditions(self, category: Category) -> str:
        """The widths that a worker made of the shelf's picture, or why it made none."""
        return state_of(category.picture.name)


@admin.register(Brand)
class BrandAdmin(ModelAdmin):
    list_display = ["name", "slug"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Tag)
class TagAdmin(ModelAdmin):
    list_display = ["name", "code"]
    search_fields = ["name", "code"]
    prepopulated_fields = {"code": ["name"]}
    ordering = ["name"]
