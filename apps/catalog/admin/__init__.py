"""How staff edit what is sold."""

from apps.catalog.admin.attributes import AttributeAdmin, ProductTypeAdmin
from apps.catalog.admin.pictures import PictureAdmin
from apps.catalog.admin.products import ProductAdmin, ProductForm
from apps.catalog.admin.shelves import BrandAdmin, CategoryAdmin, TagAdmin
from apps.catalog.admin.variants import OptionAdmin, VariantAdmin, VariantForm

__all__ = [
    "AttributeAdmin",
    "BrandAdmin",
    "CategoryAdmin",
    "OptionAdmin",
    "PictureAdmin",
    "ProductAdmin",
    "ProductForm",
    "ProductTypeAdmin",
    "TagAdmin",
    "VariantAdmin",
    "VariantForm",
]
