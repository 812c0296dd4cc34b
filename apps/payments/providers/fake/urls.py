"""The demo bank's own page."""

from django.urls import path

from apps.payments.providers.fake.views import bank

urlpatterns = [path("demo-bank/<uuid:payment_id>/", bank, name="demo-bank")]
