"""Fill the database in DATABASE_URL with the demo catalogue; its pictures are names without files."""

import django

if __name__ == "__main__":
    django.setup()
    from apps.catalog.models import Product, ProductImage
    from apps.inventory.models import StockLevel
    from examples.catalogue.load import load_catalogue
    from examples.catalogue.records import read

    load_catalogue(read())
    ProductImage.objects.bulk_create(
        ProductImage(
            product=product,
            image=f"products/{product.slug}.webp",
            alt=product.name,
            width=800,
            height=800,
        )
        for product in Product.objects.all()
    )
    StockLevel.objects.update(on_hand=1_000_000)
