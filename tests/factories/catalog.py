import factory
from factory.django import DjangoModelFactory

from apps.catalog.models import Brand, Category, Product, ProductType, PublicationState, Variant


class BrandFactory(DjangoModelFactory[Brand]):
    class Meta:
        model = Brand
        django_get_or_create = ("slug",)

    name = "Alder & Brine"
    slug = "alder-brine"


class CategoryFactory(DjangoModelFactory[Category]):
    class Meta:
        model = Category

    name = "Floor care"
    slug = factory.Sequence(lambda n: f"floor-care-{n}")

    @classmethod
    def _create(cls, model_class, *args, parent=None, **kwargs):
        add = Category.objects
        return add.add_child(parent, kwargs) if parent else add.add_root(kwargs)


class ProductTypeFactory(DjangoModelFactory[ProductType]):
    class Meta:
        model = ProductType
        django_get_or_create = ("code",)

    code = "concentrate"
    name = "Concentrate"


class ProductFactory(DjangoModelFactory[Product]):
    class Meta:
        model = Product

    name = factory.Sequence(lambda n: f"Pine floor soap {n}")
    slug = factory.Sequence(lambda n: f"pine-floor-soap-{n}")
    summary = "Washes stone and wood without a film."
    description = "Two capfuls to a bucket."
    product_type = factory.SubFactory(ProductTypeFactory)
    brand = factory.SubFactory(BrandFactory)
    category = factory.SubFactory(CategoryFactory)
    state = PublicationState.PUBLISHED


class VariantFactory(DjangoModelFactory[Variant]):
    class Meta:
        model = Variant

    product = factory.SubFactory(ProductFactory)
    sku = factory.Sequence(lambda n: f"AB-FLR-{n:05d}")
    options = factory.LazyFunction(lambda: {"size": "1 l"})
    weight_grams = 1_050
