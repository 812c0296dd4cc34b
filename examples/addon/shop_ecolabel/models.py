from django.db import models

from apps.catalog.models import Product


class EcoLabel(models.Model):
    """Which label a product bears, and since when."""

    product = models.OneToOneField(Product, on_delete=models.CASCADE, related_name="+")
    scheme = models.CharField(max_length=40)
    number = models.CharField(max_length=40)

    def __str__(self) -> str:
        return f"{self.scheme} {self.number}"
