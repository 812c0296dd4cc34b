"""Texts in other languages: said one by one and by lists, counted, and shown where they are wanted."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from apps.catalog.models import OptionValue, Product, Variant
from apps.jobs.models import Job
from apps.jobs.selectors import list_errors
from apps.jobs.services import run_job
from apps.translations import errors, rules, selectors, services
from apps.translations.models import Text
from apps.translations.types import Progress, TextRow
from tests.factories.catalog import ProductFactory
from tests.factories.shop import open_market, stock_variant
from tests.staff import log_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _market() -> None:
    market = open_market(code="eu", currency="EUR", country="DE")
    market.languages = ["de", "en"]
    market.save()


@pytest.fixture
def soap() -> Product:
    return ProductFactory.create(slug="soap", name="Soap", summary="It cleans.", description="")


def row(**fields: str) -> TextRow:
    facts = {
        "kind": "catalog.product",
        "key": "soap",
        "field": "name",
        "language": "de",
        "source": "Soap",
        "text": "Seife",
    }
    return TextRow(**{**facts, **fields})


class TestATranslation:
    def test_is_shown_in_its_language_alone(self, soap: Product) -> None:
        services.translate(row())

        soap.refresh_from_db()
        assert soap.localized("name", "de-AT") == "Seife"
        assert soap.localized("name", "fr").language == "en"
        assert soap.localized("summary", "de") == "It cleans."

    def test_is_taken_back_by_an_empty_one(self, soap: Product) -> None:
        services.translate(row())
        services.translate(row(text=""))

        soap.refresh_from_db()
        assert soap.translations == {}

    @pytest.mark.parametrize(
        ("fields", "refusal"),
        [
            ({"kind": "auth.user"}, errors.UnknownText),
            ({"kind": "catalog.variant"}, errors.UnknownText),
            ({"key": "none-such"}, errors.UnknownText),
            ({"kind": "catalog.optionvalue", "key": "one-part"}, errors.UnknownText),
            ({"field": "slug"}, errors.UnknownText),
            ({"language": "en"}, errors.UnspokenLanguage),
            ({"language": "fr"}, errors.UnspokenLanguage),
            ({"source": "Soup"}, errors.SourceChanged),
            ({"text": "x" * 201}, errors.TextTooLong),
        ],
    )
    def test_that_makes_no_sense_is_refused(
        self, soap: Product, fields: dict[str, str], refusal: type[Exception]
    ) -> None:
        with pytest.raises(refusal):
            services.translate(row(**fields))

    def test_of_an_option_value_reaches_the_variants(self) -> None:
        variant = stock_variant(options={"size": "1 l", "scent": "Lemon"})

        lemon = OptionValue.objects.select_related("option").get(name="Lemon")
        key = f"{lemon.option.code}/{lemon.code}"

        services.translate(row(kind="catalog.optionvalue", key=key, source="", text="Zitrone"))

        found = Variant.objects.get(sku=variant.sku)
        assert found.option_text == "1 l, Lemon"
        assert found.localized("option_text", "de") == "1 l, Zitrone"
        assert found.localized("option_text", "fr") == "1 l, Lemon"


class TestTheList:
    def test_counts_what_is_missing(self, soap: Product) -> None:
        services.translate(row())

        (german,) = selectors.count_texts()
        assert german == Progress(language="de", translated=1, whole=Text.objects.count())
        assert german.missing == Text.objects.filter(text="").count() > 0

    def test_names_each_row_as_a_file_does(self, soap: Product) -> None:
        stock_variant(product=soap, options={"scent": "Lemon"})

        for text in selectors.list_rows(Text.objects.all()):
            services.translate(
                TextRow(
                    kind=text.kind,
                    key=text.key,
                    field=text.field,
                    language="de",
                    source=text.source,
                    text="übersetzt",
                )
            )

        assert not Text.objects.exclude(text="übersetzt").exists()

    def test_comes_back_as_a_file_and_tells_each_bad_line(self, soap: Product) -> None:
        rows = [row(), row(field="summary", source="Old."), row(key="none", text="x"), row(text="")]
        file = "".join(rules.write_rows(rows)).encode()

        job = services.import_translations(
            rules.read_rows(file), title="File", actor_id=None, at_once=True
        )
        run_job(job_id=job.pk)

        job = Job.objects.get()
        assert (job.rows, job.done, job.failed) == (3, 1, 2)
        told = {key.partition(":")[0]: error for _, key, error in list_errors(job.pk)}
        assert "changed since" in told["3"]
        assert "no such text" in told["4"]
        soap.refresh_from_db()
        assert soap.localized("name", "de") == "Seife"


class TestTheScreen:
    def test_saves_a_page_of_translations_beside_their_originals(self, soap: Product) -> None:
        office = log_in("view_text", "change_text")
        address = "/admin/translations/text/?language=de&q=soap"

        page = office.get(address)
        shown = list(page.context["cl"].result_list)
        form = {
            "form-TOTAL_FORMS": len(shown),
            "form-INITIAL_FORMS": len(shown),
            "_save": "1",
            **{f"form-{at}-id": one.pk for at, one in enumerate(shown)},
            **{f"form-{at}-text": f"de {one.field}" for at, one in enumerate(shown)},
        }
        answer = office.post(address, form, follow=True)

        assert "It cleans." in page.content.decode()
        assert answer.status_code == 200
        soap.refresh_from_db()
        with translation.override("de"):
            assert soap.localized("name") == "de name"
            assert soap.localized("summary") == "de summary"

    def test_hands_texts_out_and_takes_them_in(self, soap: Product) -> None:
        office = log_in("view_text", "change_text")
        chosen = [text.pk for text in Text.objects.filter(key="soap")]

        file = office.post(
            "/admin/translations/text/", {"action": "download", "_selected_action": chosen}
        )

        lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
        assert lines[0] == "kind,key,field,language,source,text"
        assert "catalog.product,soap,name,de,Soap," in lines

        asked = office.get("/admin/translations/text/upload/")
        assert 'enctype="multipart/form-data"' in asked.content.decode()
        filled = "\n".join([lines[0], "catalog.product,soap,name,de,Soap,Seife"])
        taken = office.post(
            "/admin/translations/text/upload/",
            {"file": SimpleUploadedFile("german.csv", filled.encode())},
        )
        job = Job.objects.get()
        assert taken["Location"] == f"/admin/jobs/job/{job.pk}/change/"
        run_job(job_id=job.pk)
        soap.refresh_from_db()
        assert soap.localized("name", "de") == "Seife"

        refused = office.post(
            "/admin/translations/text/upload/",
            {"file": SimpleUploadedFile("german.csv", b"kind;key\n")},
        )
        assert "no CSV file with the columns" in refused.content.decode()

    def test_is_closed_to_others_and_shows_no_field_to_who_may_only_look(
        self, soap: Product
    ) -> None:
        assert log_in().get("/admin/translations/text/").status_code == 403
        page = log_in("view_text").get("/admin/translations/text/").content.decode()
        assert 'name="form-0-text"' not in page
