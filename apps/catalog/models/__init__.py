"""What is sold: categories, products and their variants."""

from apps.catalog.models.attributes import Attribute, AttributeChoice, ProductType
from apps.catalog.models.products import (
    FormerSlug,
    Picture,
    Product,
    ProductAttribute,
    ProductDocument,
    ProductImage,
    PublicationState,
)
from apps.catalog.models.shelves import Brand, Category, Tag
from apps.catalog.models.variants import (
    TAX_CLASS_LABELS,
    Option,
    OptionValue,
    ProductOption,
    Variant,
    VariantOption,
)

__all__ = [
    "TAX_CLASS_LABELS",
    "Attribute",
    "AttributeChoice",
    "Brand",
    "Category",
    "FormerSlug",
    "Option",
    "OptionValue",
    "Picture",
    "Product",
    "ProductAttribute",
    "ProductDocument",
    "ProductImage",
    "ProductOption",
    "ProductType",
    "PublicationState",
    "Tag",
    "Variant",
    "VariantOption",
]
