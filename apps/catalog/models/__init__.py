"""What is sold: categories, products and their variants."""

from apps.catalog.models.attributes import Attribute, ProductType
from apps.catalog.models.products import Picture, Product, ProductImage, PublicationState
from apps.catalog.models.shelves import Brand, Category
from apps.catalog.models.variants import TAX_CLASS_LABELS, Variant

__all__ = [
    "TAX_CLASS_LABELS",
    "Attribute",
    "Brand",
    "Category",
    "Picture",
    "Product",
    "ProductImage",
    "ProductType",
    "PublicationState",
    "Variant",
]
