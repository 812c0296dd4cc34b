from django.urls import path
from django.views.generic import TemplateView

urlpatterns = [
    path(
        "vouchers/",
        TemplateView.as_view(template_name="payments/voucher/about.html"),
        name="vouchers",
    ),
]
