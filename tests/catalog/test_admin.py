"""Staff edit the catalogue within its rules."""

import json

import pytest
from django.forms import modelform_factory
from django.forms.models import model_to_dict
from django.test import Client

from apps.catalog.admin import ProductForm, VariantForm
from apps.catalog.models import Attribute, Category, Product, Variant
from tests.factories.accounts import UserFactory
from tests.factories.catalog import CategoryFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db


class TestProductForm:
    def product(self) -> Product:
        product = ProductFactory.create()
        for code, kind in (("ph", "decimal"), ("vegan", "boolean")):
            Attribute.objects.create(product_type=product.product_type, code=code, kind=kind)
        return product

    def submit(self, product: Product, attributes: object) -> ProductForm:
        form_class = modelform_factory(Product, form=ProductForm, fields="__all__")
        data = {**model_to_dict(product), "attributes": json.dumps(attributes)}
        return form_class(data=data, instance=product)

    def test_keeps_attributes_that_fit(self) -> None:
        product = self.product()

        form = self.submit(product, {"ph": "6.8", "vegan": True})

        assert form.errors == {}
        form.save()
        assert Product.objects.get().attributes == {"ph": "6.8", "vegan": True}

    def test_names_the_attributes_that_do_not(self) -> None:
        product = self.product()

        form = self.submit(product, {"ph": 6.8, "colour": "blue"})

        assert form.errors == {
            "attributes": [
                'ph: A decimal number in quotes, like "6.8".',
                "colour: The product type has no such attribute.",
            ]
        }
        assert Product.objects.get().attributes == {}

    def test_refuses_a_list(self) -> None:
        form = self.submit(self.product(), ["ph"])

        assert form.errors == {"attributes": ["Attributes are an object of names and values."]}


class TestVariantForm:
    def form(self, **kwargs: object) -> VariantForm:
        form_class = modelform_factory(Variant, form=VariantForm, fields=["sku", "weight_grams"])
        return form_class(**kwargs)

    def test_gives_a_sku_once(self) -> None:
        variant = VariantFactory.create(sku="AB-1")

        form = self.form(data={"sku": "AB-2", "weight_grams": 7}, instance=variant)
        form.save()

        variant.refresh_from_db()
        assert (variant.sku, variant.weight_grams) == ("AB-1", 7)

    def test_lets_a_new_variant_have_one(self) -> None:
        assert self.form().fields["sku"].disabled is False


class TestTheCategoryScreen:
    @pytest.fixture
    def staff(self) -> Client:
        client = Client()
        client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
        return client

    def body(self, *, slug: str, below: Category | None) -> dict[str, object]:
        return {
            "name": slug.title(),
            "slug": slug,
            "summary": "",
            "treebeard_position": "first-child" if below else "last-sibling",
            "treebeard_ref_node": below.pk if below else "",
        }

    def test_puts_a_shelf_below_another_and_moves_it(self, staff: Client) -> None:
        kitchen, laundry = (CategoryFactory.create(slug=slug) for slug in ("kitchen", "laundry"))

        added = staff.post("/admin/catalog/category/add/", self.body(slug="dishes", below=kitchen))
        assert added.status_code == 302
        dishes = Category.objects.get(slug="dishes")
        assert Category.objects.get_parent(dishes) == kitchen
        moved = staff.post(
            f"/admin/catalog/category/{dishes.pk}/change/", self.body(slug="dishes", below=laundry)
        )

        assert moved.status_code == 302
        assert Category.objects.get_parent(Category.objects.get(slug="dishes")) == laundry
