"""Staff edit the catalogue within its rules."""

import base64
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.forms import modelform_factory
from django.forms.models import model_to_dict
from django.test import Client
from django.utils import translation
from pytest_django.fixtures import Settings

from apps.catalog import services
from apps.catalog.admin import VariantForm
from apps.catalog.errors import InvalidOptions
from apps.catalog.models import (
    Attribute,
    Category,
    Option,
    OptionValue,
    Product,
    ProductAttribute,
    Tag,
    Variant,
)
from apps.catalog.selectors import list_attributes
from tests.factories.accounts import UserFactory
from tests.factories.catalog import (
    CategoryFactory,
    ProductFactory,
    ProductTypeFactory,
    VariantFactory,
    declare,
)
from tests.factories.identifiers import IMPOSSIBLE_SKUS, ODD_SKUS
from tests.staff import log_in

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


class TestAttributesOfAProduct:
    """Each is a field of its kind; nobody types code."""

    @pytest.fixture
    def staff(self) -> Client:
        client = Client()
        client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
        return client

    @pytest.fixture
    def soap(self) -> Product:
        product = ProductFactory.create()
        declare(product.product_type, "dose", name="Dose", position=0)
        declare(product.product_type, "heat", name="Heat", kind="integer", unit="°C", position=1)
        declare(product.product_type, "ph", name="pH", kind="decimal", position=2)
        declare(product.product_type, "vegan", name="Vegan", kind="boolean", position=3)
        declare(product.product_type, "hazard", kind="choice", choices=["None", "Irritant"])
        return product

    def save(self, staff: Client, product: Product, **attributes: object) -> Any:
        fields = {**model_to_dict(product), "tags": [], "summary": "", "description": ""}
        fields |= {f"attribute_{code}": value for code, value in attributes.items()}
        for name in ("variants", "images", "documents"):
            fields |= {f"{name}-TOTAL_FORMS": 0, f"{name}-INITIAL_FORMS": 0}
        return staff.post(
            f"/admin/catalog/product/{product.pk}/change/",
            {name: value for name, value in fields.items() if value is not None},
        )

    def told(self, product: Product) -> dict[str, object]:
        return {one.attribute.code: one.value for one in list_attributes(product.pk)}

    def test_are_typed_and_shown_again(self, staff: Client, soap: Product) -> None:
        answer = self.save(
            staff, soap, dose=" Two ", heat="30", ph="6.80", vegan="False", hazard="irritant"
        )

        assert answer.status_code == 302, answer.context["errors"]
        assert self.told(soap) == {
            "hazard": "Irritant",
            "dose": "Two",
            "heat": 30,
            "ph": "6.8",
            "vegan": False,
        }
        form = staff.get(f"/admin/catalog/product/{soap.pk}/change/").context["adminform"].form
        shown = {one.code: form[f"attribute_{one.code}"].value() for one in form.declared}
        assert shown == {
            "dose": "Two",
            "heat": 30,
            "ph": "6.8",
            "vegan": False,
            "hazard": "irritant",
        }
        assert form["attribute_heat"].label == "Heat (°C)"
        assert '<option value="False" selected>' in str(form["attribute_vegan"])

    def test_may_be_missing(self, staff: Client, soap: Product) -> None:
        self.save(staff, soap, heat="30", vegan="True")

        assert self.save(staff, soap, heat="", vegan="", dose="  ").status_code == 302

        assert self.told(soap) == {}

    @pytest.mark.parametrize(
        ("code", "typed"),
        [
            ("heat", "warm"),
            ("heat", "1.5"),
            ("ph", "6.8.1"),
            ("ph", "99999999999999.5"),
            ("hazard", "mild"),
            ("vegan", "x"),
        ],
    )
    def test_that_do_not_fit_are_refused_beside_their_field(
        self, staff: Client, soap: Product, code: str, typed: str
    ) -> None:
        answer = self.save(staff, soap, **{code: typed})

        assert set(answer.context["adminform"].form.errors) == {f"attribute_{code}"}

    def test_of_another_type_are_asked_for_once_it_is_chosen(
        self, staff: Client, soap: Product
    ) -> None:
        self.save(staff, soap, heat="30")
        brush = ProductTypeFactory.create(code="tool")
        declare(brush, "length", name="Length")
        soap.product_type = brush

        page = staff.get(self.save(staff, soap, heat="30")["Location"])
        assert "The type has changed" in page.text

        assert self.told(soap) == {}
        assert self.save(staff, soap, length="9 cm").status_code == 302
        assert self.told(soap) == {"length": "9 cm"}

    def test_of_a_new_product_are_there_once_its_type_is_chosen(
        self, staff: Client, soap: Product
    ) -> None:
        question = staff.get("/admin/catalog/product/add/", {"_popup": "1"})
        assert "What kind of product is it?" in question.text
        assert '<input type="hidden" name="_popup" value="1">' in question.text

        page = staff.get("/admin/catalog/product/add/", {"product_type": soap.product_type_id})
        assert "Heat (°C)" in page.text
        form = page.context["adminform"].form
        assert form["product_type"].value() == str(soap.product_type_id)

    def test_are_read_by_who_may_only_look(self, staff: Client, soap: Product) -> None:
        self.save(staff, soap, heat="30")
        colleague = UserFactory.create(is_staff=True)
        colleague.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
        viewer = Client()
        viewer.force_login(colleague)

        assert "Heat: 30 °C" in viewer.get(f"/admin/catalog/product/{soap.pk}/change/").text

    def test_keep_their_translations_as_long_as_they_stay(
        self, staff: Client, soap: Product
    ) -> None:
        self.save(staff, soap, dose="Two")
        told = ProductAttribute.objects.filter(product=soap, attribute__code="dose")
        told.update(translations={"de": {"text": "Zwei"}})

        with translation.override("de"):
            page = staff.get(f"/admin/catalog/product/{soap.pk}/change/")
        assert page.context["adminform"].form["attribute_dose"].value() == "Two"
        self.save(staff, soap, dose="Two", heat="30")
        assert told.get().translations == {"de": {"text": "Zwei"}}

        self.save(staff, soap, dose="Three")
        assert told.get().translations == {}

    def test_stay_of_their_kind(self, staff: Client, soap: Product) -> None:
        heat = Attribute.objects.get(code="heat")

        page = staff.get(f"/admin/catalog/attribute/{heat.pk}/change/")

        fields = page.context["adminform"].form.fields
        assert (fields["kind"].disabled, fields["product_type"].disabled) == (True, True)
        new = staff.get("/admin/catalog/attribute/add/").context["adminform"].form
        assert new.fields["kind"].disabled is False


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


class TestOptionsOfAProduct:
    """Staff choose what variants differ in, and then a value for each."""

    @pytest.fixture
    def staff(self) -> Client:
        client = Client()
        client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
        return client

    @pytest.fixture
    def soap(self) -> Product:
        """A soap in 1 l and 5 l, in a shop where scents can be chosen, too."""
        small = VariantFactory.create(sku="S-1", options={"size": "1 l"})
        VariantFactory.create(sku="S-5", product=small.product, options={"size": "5 l"})
        scent = Option.objects.create(code="scent", name="Scent", position=1)
        for code in ("pine", "lemon"):
            OptionValue.objects.create(option=scent, code=code, name=code.title())
        return small.product

    def body(
        self, product: Product, *, options: Sequence[str], rows: Sequence[Mapping[str, object]]
    ) -> dict[str, object]:
        """The page's form: the options by their codes, and of each variant what is in its row."""
        fields = {**model_to_dict(product), "tags": [], "summary": "", "description": ""}
        for number, code in enumerate(options, start=1):
            fields[f"option_{number}"] = Option.objects.get(code=code).pk
        known = sum("id" in row for row in rows)
        fields |= {"variants-TOTAL_FORMS": len(rows), "variants-INITIAL_FORMS": known}
        for name in ("images", "documents"):
            fields |= {f"{name}-TOTAL_FORMS": 0, f"{name}-INITIAL_FORMS": 0}
        for number, row in enumerate(rows):
            about = {"pack_unit": "ml", "pack_pieces": 1, "weight_grams": 9, "position": number}
            for name, value in {**about, "tax_class": "standard", "is_active": "on", **row}.items():
                key = self.key(name) if name in {"size", "scent"} else name
                fields[f"variants-{number}-{key}"] = self.value(name, value)
        return {name: value for name, value in fields.items() if value is not None}

    def key(self, option: str) -> str:
        return f"value_of_{Option.objects.get(code=option).pk}"

    def value(self, name: str, value: object) -> object:
        if name in {"size", "scent"} and value:
            return OptionValue.objects.get(name=value).pk
        return value

    def row(self, sku: str, **more: object) -> dict[str, object]:
        return {"id": Variant.objects.get(sku=sku).pk, "sku": sku, **more}

    def save(self, staff: Client, product: Product, **body: Any) -> Any:
        address = f"/admin/catalog/product/{product.pk}/change/"
        return staff.post(address, self.body(product, **body))

    def texts(self) -> dict[str, str]:
        return dict(Variant.objects.values_list("sku", "option_text"))

    def complaints(self, answer: Any) -> list[object]:
        assert answer.status_code == 200
        return [one.errors for one in answer.context["inline_admin_formsets"][0].formset]

    def test_are_chosen_for_all_variants_in_one_go(self, staff: Client, soap: Product) -> None:
        rows = [
            self.row("S-1", size="5 l", scent="Pine"),
            self.row("S-5", size="1 l", scent="Pine"),
            {"sku": "S-L", "size": "1 l", "scent": "Lemon"},
            {"sku": "S-L5", "size": "5 l", "scent": "Lemon"},
        ]

        answer = self.save(staff, soap, options=["scent", "size"], rows=rows)

        assert answer.status_code == 302, self.complaints(answer)
        assert self.texts() == {
            "S-1": "Pine, 5 l",
            "S-5": "Pine, 1 l",
            "S-L": "Lemon, 1 l",
            "S-L5": "Lemon, 5 l",
        }

    def test_are_asked_for_once_the_product_varies_along_them(
        self, staff: Client, soap: Product
    ) -> None:
        rows = [self.row("S-1", size="1 l"), self.row("S-5", size="5 l")]

        answer = self.save(staff, soap, options=["size", "scent"], rows=rows)

        assert self.complaints(answer) == [{self.key("scent"): ["Choose a value."]}] * 2
        assert answer.text.count(">Lemon</option>") == 3
        assert self.texts() == {"S-1": "1 l", "S-5": "5 l"}

    def test_are_refused_twice_beside_the_variant(self, staff: Client, soap: Product) -> None:
        rows = [self.row("S-1", size="1 l"), self.row("S-5", size="1 l")]

        answer = self.save(staff, soap, options=["size"], rows=rows)

        assert self.complaints(answer) == [
            {},
            {"__all__": ["Another variant has the same options."]},
        ]

    def test_may_pass_from_one_that_is_deleted_to_a_new_one(
        self, staff: Client, soap: Product
    ) -> None:
        rows = [
            self.row("S-1", size="1 l"),
            self.row("S-5", size="5 l", DELETE="on"),
            {"sku": "S-N", "size": "5 l"},
        ]

        assert self.save(staff, soap, options=["size"], rows=rows).status_code == 302

        assert self.texts() == {"S-1": "1 l", "S-N": "5 l"}

    def test_are_none_of_another_option(self, staff: Client, soap: Product) -> None:
        rows = [self.row("S-1", size="Pine"), self.row("S-5", size="5 l")]

        first, _ = self.complaints(self.save(staff, soap, options=["size"], rows=rows))

        assert "is not one of the available choices" in str(first)

    def test_are_chosen_once_each(self, staff: Client, soap: Product) -> None:
        answer = self.save(staff, soap, options=["size", "size"], rows=[])

        assert answer.context["adminform"].form.errors == {
            "option_2": ["A product varies along an option once."]
        }

    @pytest.mark.parametrize("twin", ["614141000036", "00614141000036"])
    def test_are_of_variants_with_a_gtin_each(
        self, staff: Client, soap: Product, twin: str
    ) -> None:
        rows = [
            self.row("S-1", size="1 l", gtin="614141000036"),
            self.row("S-5", size="5 l", gtin=twin),
        ]

        answer = self.save(staff, soap, options=["size"], rows=rows)

        assert self.complaints(answer)[1] == {"gtin": ["Another variant has this GTIN."]}

    def test_stay_where_a_colleague_may_not_change_variants(self, soap: Product) -> None:
        editor = log_in("view_product", "change_product")
        page = editor.get(f"/admin/catalog/product/{soap.pk}/change/")
        assert "option_1" not in [
            name
            for fieldset in page.context["adminform"]
            for line in fieldset
            for name in line.fields
        ]

        answer = self.save(editor, soap, options=["scent"], rows=[])

        assert answer.status_code == 302
        assert self.texts() == {"S-1": "1 l", "S-5": "5 l"}

    def test_that_somebody_changed_meanwhile_are_refused_in_words(
        self, staff: Client, soap: Product, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(**_: object) -> None:
            raise InvalidOptions

        monkeypatch.setattr(services, "set_options", refuse)
        rows = [self.row("S-1", size="1 l"), {"sku": "S-N", "size": "5 l"}]

        answer = self.save(staff, soap, options=["size"], rows=rows)

        assert answer.status_code == 302
        assert InvalidOptions.message in staff.get(answer["Location"]).text
        assert "S-N" not in self.texts()

    def test_are_shown_with_what_is_kept(self, staff: Client, soap: Product) -> None:
        page = staff.get(f"/admin/catalog/product/{soap.pk}/change/").text

        for name in ("1 l", "5 l"):
            value = OptionValue.objects.get(name=name).pk
            assert f'<option value="{value}" selected>{name}</option>' in page
        assert "Lemon" not in page

    def test_are_read_by_who_may_only_look(self, soap: Product) -> None:
        colleague = UserFactory.create(is_staff=True)
        colleague.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
        viewer = Client()
        viewer.force_login(colleague)

        page = viewer.get(f"/admin/catalog/product/{soap.pk}/change/").text

        assert "5 l" in page
        assert "Size" in page

    def test_of_one_variant_are_chosen_on_its_own_page(self, staff: Client, soap: Product) -> None:
        variant = Variant.objects.get(sku="S-5")
        fields = {
            "product": soap.pk,
            "sku": "S-5",
            "pack_unit": "l",
            "pack_pieces": 1,
            "weight_grams": 5,
            "tax_class": "standard",
            "position": 0,
        }
        page = f"/admin/catalog/variant/{variant.pk}/change/"
        value_of = self.key("size")

        taken = staff.post(page, {**fields, value_of: self.value("size", "1 l")})
        assert taken.context["adminform"].form.errors == {
            "__all__": ["Another variant has the same options."]
        }
        OptionValue.objects.create(option=Option.objects.get(code="size"), code="x", name="9 l")
        assert staff.post(page, {**fields, value_of: self.value("size", "9 l")}).status_code == 302

        assert self.texts() == {"S-1": "1 l", "S-5": "9 l"}

    def test_say_a_new_name_on_every_variant(self, staff: Client, soap: Product) -> None:
        size = Option.objects.get(code="size")
        small, large = size.values.order_by("pk")
        fields: dict[str, object] = {"name": "Size", "code": "size", "position": 0}
        fields |= {"values-TOTAL_FORMS": 2, "values-INITIAL_FORMS": 2}
        for number, value in enumerate((large, small)):
            fields |= {
                f"values-{number}-id": value.pk,
                f"values-{number}-option": size.pk,
                f"values-{number}-name": f"{value.name}itre",
                f"values-{number}-code": value.code,
                f"values-{number}-position": number,
            }

        answer = staff.post(f"/admin/catalog/option/{size.pk}/change/", fields)

        assert answer.status_code == 302, answer.context["errors"]
        assert self.texts() == {"S-1": "1 litre", "S-5": "5 litre"}


class TestFilesOfAPage:
    @pytest.fixture
    def staff(self) -> Client:
        client = Client()
        client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
        return client

    def body(self, product: Product, *contents: bytes) -> dict[str, object]:
        """The form of a product with so many new pictures."""
        fields = {**model_to_dict(product), "tags": [], "summary": "", "description": ""}
        rows = {"variants": 0, "images": len(contents), "documents": 0}
        for name, count in rows.items():
            fields |= {f"{name}-TOTAL_FORMS": count, f"{name}-INITIAL_FORMS": 0}
        for number, content in enumerate(contents):
            fields[f"images-{number}-image"] = SimpleUploadedFile(f"{number}.png", content)
            fields[f"images-{number}-alt"] = "A bottle"
            fields[f"images-{number}-position"] = number
        return {name: value for name, value in fields.items() if value is not None}

    @pytest.mark.parametrize(
        ("name", "content", "language", "complaints"),
        [
            ("sheet.pdf", b"%PDF-1.7 ...", "en", {}),
            ("sheet.html", b"%PDF-1.7 ...", "en", {"file": ["This is not a PDF."]}),
            ("sheet.pdf", b"<script>", "en", {"file": ["This is not a PDF."]}),
            (
                "sheet.pdf",
                b"%PDF-1.7 ...",
                "English",
                {"language": ["A language has a code, as in en or de-CH."]},
            ),
        ],
    )
    def test_that_are_papers_are_pdf_in_a_language(
        self, staff: Client, name: str, content: bytes, language: str, complaints: object
    ) -> None:
        product = ProductFactory.create()
        tag = Tag.objects.create(code="new", name="New")
        row = {
            "kind": "instructions",
            "title": "How to use it",
            "language": language,
            "file": SimpleUploadedFile(name, content),
            "position": 0,
        }
        body = self.body(product) | {"documents-TOTAL_FORMS": 1, "tags": [tag.pk]}
        body |= {f"documents-0-{field}": value for field, value in row.items()}

        answer = staff.post(f"/admin/catalog/product/{product.pk}/change/", body)

        if complaints:
            (form,) = answer.context["inline_admin_formsets"][2].formset
            assert form.errors == complaints
            assert not product.documents.exists()
        else:
            assert answer.status_code == 302
            kept = product.documents.get()
            assert (kept.size, kept.file.read()) == (len(content), content)
            assert list(product.tags.all()) == [tag]

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
        screens, kind = screens_with_files(), ProductTypeFactory.create().pk

        assert screens == {"catalog/category", "catalog/product"}
        for screen in screens:
            page = staff.get(f"/admin/{screen}/add/", {"product_type": kind}).content.decode()
            inputs = re.findall(r'<input[^>]*type="file"[^>]*>', page)
            assert inputs
            assert all('data-most-bytes="4000000"' in one for one in inputs)
            assert "core/js/uploads.js" in page
