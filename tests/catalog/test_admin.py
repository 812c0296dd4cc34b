"""Staff edit the catalogue within its rules."""

import base64
import json
import re
import unicodedata

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.forms import modelform_factory
from django.forms.models import model_to_dict
from django.test import Client
from pytest_django.fixtures import Settings

from apps.catalog.admin import ProductForm, VariantForm
from apps.catalog.models import Attribute, Category, Product, Variant
from tests.factories.accounts import UserFactory
from tests.factories.catalog import CategoryFactory, ProductFactory, VariantFactory
from tests.factories.identifiers import IMPOSSIBLE_SKUS, ODD_SKUS

pytestmark = pytest.mark.django_db

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def decomposed(text: str) -> str:
    """As a Mac writes it: letters and their accents apart."""
    return unicodedata.normalize("NFD", text)


def screens_with_files() -> set[str]:
    """The forms of the back office, of any app, that take a file, themselves or in their rows."""
    return {
        screen.opts.label_lower.replace(".", "/")
        for screen in admin.site._registry.values()
        for model in (screen.model, *(inline.model for inline in screen.inlines))
        if any(isinstance(field, models.FileField) for field in model._meta.get_fields())
    }


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
        form_class = modelform_factory(
            Variant, form=VariantForm, fields=["sku", "gtin", "weight_grams"]
        )
        return form_class(**kwargs)

    def test_gives_a_sku_once(self) -> None:
        variant = VariantFactory.create(sku="AB-1")

        form = self.form(data={"sku": "AB-2", "weight_grams": 7}, instance=variant)
        form.save()

        variant.refresh_from_db()
        assert (variant.sku, variant.weight_grams) == ("AB-1", 7)

    @pytest.mark.parametrize("sku", ODD_SKUS)
    def test_takes_whatever_an_address_can_hold(self, sku: str) -> None:
        form = self.form(data={"sku": f"  {decomposed(sku)} ", "weight_grams": 7})

        assert form.is_valid(), form.errors
        assert form.cleaned_data["sku"] == sku

    @pytest.mark.parametrize("sku", IMPOSSIBLE_SKUS)
    def test_refuses_what_none_could(self, sku: str) -> None:
        form = self.form(data={"sku": sku, "weight_grams": 7})

        assert set(form.errors) == {"sku"}

    @pytest.mark.parametrize(
        ("typed", "kept", "complaint"),
        [
            ("2741500101016", "2741500101016", None),
            (" 4 006381 333931 ", "4006381333931", None),
            ("", "", None),
            ("2741500101017", None, "The last digit does not fit the others"),
            ("27415001010", None, "A GTIN has 8, 12, 13 or 14 digits."),
        ],
    )
    def test_takes_a_gtin_as_it_is_printed(
        self, typed: str, kept: str | None, complaint: str | None
    ) -> None:
        form = self.form(data={"sku": "A", "weight_grams": 7, "gtin": typed})

        form.is_valid()
        assert form.cleaned_data.get("gtin") == kept
        assert (complaint or "") in str(form.errors.get("gtin", ""))

    def test_gives_a_gtin_once_however_long_it_is_written(self) -> None:
        VariantFactory.create(gtin="614141000036")

        form = self.form(data={"sku": "A", "weight_grams": 7, "gtin": "00614141000036"})

        assert "Another variant has this GTIN." in str(form.errors)

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


class TestFilesOfAPage:
    @pytest.fixture
    def staff(self) -> Client:
        client = Client()
        client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
        return client

    def body(self, product: Product, *contents: bytes) -> dict[str, object]:
        """The form of a product with so many new pictures."""
        fields = {**model_to_dict(product), "attributes": "{}", "summary": "", "description": ""}
        rows = {"variants": 0, "images": len(contents)}
        for name, count in rows.items():
            fields |= {f"{name}-TOTAL_FORMS": count, f"{name}-INITIAL_FORMS": 0}
        for number, content in enumerate(contents):
            fields[f"images-{number}-image"] = SimpleUploadedFile(f"{number}.png", content)
            fields[f"images-{number}-alt"] = "A bottle"
            fields[f"images-{number}-position"] = number
        return {name: value for name, value in fields.items() if value is not None}

    def test_that_fit_together_are_kept(self, staff: Client) -> None:
        product = ProductFactory.create()

        answer = staff.post(
            f"/admin/catalog/product/{product.pk}/change/", self.body(product, PNG, PNG)
        )

        assert answer.status_code == 302, answer.context["errors"]
        assert product.images.count() == 2

    def test_that_one_request_cannot_carry_are_refused_beside_their_fields(
        self, staff: Client, settings: Settings
    ) -> None:
        settings.UPLOAD_LIMIT_BYTES = len(PNG) + 1
        product = ProductFactory.create()

        answer = staff.post(
            f"/admin/catalog/product/{product.pk}/change/", self.body(product, PNG, PNG)
        )

        refusals = [form.errors for form in answer.context["inline_admin_formsets"][1].formset]
        assert refusals == [{"image": ["Together the pictures may have at most 0 MB."]}] * 2
        assert not product.images.exists()

    def test_have_their_limit_told_to_the_browser_on_every_screen(self, staff: Client) -> None:
        screens = screens_with_files()

        assert screens == {"catalog/category", "catalog/product"}
        for screen in screens:
            page = staff.get(f"/admin/{screen}/add/").content.decode()
            inputs = re.findall(r'<input[^>]*type="file"[^>]*>', page)
            assert inputs
            assert all('data-most-bytes="4000000"' in one for one in inputs)
            assert "core/js/uploads.js" in page
