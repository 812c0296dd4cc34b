"""Documents as their buyers read them."""

from django.urls import path

from apps.invoicing import views

app_name = "invoicing"
urlpatterns = [
    path(
        "orders/<uuid:order_id>/<str:key>/documents/<uuid:document_id>/",
        views.document,
        name="document",
    ),
]
