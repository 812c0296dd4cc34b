from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from apps.core.admin import Panel, ReadOnlyAdmin, Subject, money_column, panel
from shop_ecolabel.models import EcoLabel, Redemption
from shop_ecolabel.selectors import describe_label


@admin.register(EcoLabel)
class EcoLabelAdmin(ModelAdmin):
    list_display = ["product", "scheme", "number"]
    list_select_related = ["product"]
    autocomplete_fields = ["product"]


@admin.register(Redemption)
class RedemptionAdmin(ReadOnlyAdmin):
    list_display = ["shown_code", "shown_taken", "released_by"]
    fields = ["payment_id", *list_display]
    # A code as a whole, so that no search tells one letter after the other.
    search_fields = ["=code", "payment_id"]
    shown_taken = money_column("captured_minor", label=_("taken"))

    @admin.display(description=_("code"), ordering="code")
    def shown_code(self, redemption: Redemption) -> str:
        """The last four characters of the code."""
        return str(redemption)


@panel(of="product")
def show_label(request: HttpRequest, subject: Subject) -> Panel | None:
    """The label of a product, for who may see labels."""
    if not request.user.has_perm("shop_ecolabel.view_ecolabel"):
        return None
    label = describe_label(int(subject.key)) or {}
    address = reverse("admin:shop_ecolabel_ecolabel_changelist")
    return Panel(title=_("eco-label"), rows=list(label.items()), address=address)
