"""What the checkout asks of who pays on account."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.payments.providers.account.rules import LONGEST_PURCHASE_ORDER


class PurchaseOrderForm(forms.Form):
    """The customer's own number for an order on account; it stands on the invoice."""

    # The field is hidden while another way to pay is chosen, and must not stop that one.
    use_required_attribute = False

    purchase_order = forms.CharField(
        label=_("Your purchase order number"),
        max_length=LONGEST_PURCHASE_ORDER,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Please give your number for this order.")},
    )

    def clean_purchase_order(self) -> str:
        """The number, if it can be printed. Raises ValidationError."""
        number: str = self.cleaned_data["purchase_order"]
        if not number.isprintable():
            raise forms.ValidationError(_("Please use letters, digits and signs."))
        return number
