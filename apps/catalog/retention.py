"""How long what is sold is kept: for good, since orders and invoices speak of it."""

from apps.core.types import Retention

_WHY = "What the shop sells, or sold: staff archives it."

RETENTION = (
    Retention(model="catalog.Category", why=_WHY, impersonal=("name",)),
    Retention(
        model="catalog.FormerSlug",
        why="Links and search engines know it for years.",
        impersonal=("slug",),
    ),
    Retention(model="catalog.Brand", why=_WHY, impersonal=("name",)),
    Retention(model="catalog.ProductType", why=_WHY, impersonal=("name",)),
    Retention(model="catalog.Attribute", why=_WHY, impersonal=("name",)),
    Retention(model="catalog.AttributeChoice", why=_WHY, impersonal=("name",)),
    Retention(model="catalog.Tag", why=_WHY, impersonal=("name",)),
    Retention(model="catalog.Product", why=_WHY, impersonal=("name",)),
    Retention(model="catalog.Option", why=_WHY, impersonal=("name",)),
    Retention(model="catalog.OptionValue", why=_WHY, impersonal=("name",)),
    Retention(model="catalog.ProductOption", why=_WHY),
    Retention(model="catalog.Variant", why=_WHY, impersonal=("option_text",)),
    Retention(model="catalog.VariantOption", why=_WHY),
    Retention(model="catalog.ProductAttribute", why=_WHY, impersonal=("text",)),
    Retention(model="catalog.Product_tags", why=_WHY),
    Retention(model="catalog.ProductDocument", why=_WHY),
    Retention(model="catalog.ProductImage", why=_WHY),
    Retention(model="catalog.Picture", why=_WHY, impersonal=("name",)),
)
