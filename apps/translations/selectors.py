"""Questions about the shop's texts in other languages."""

from collections.abc import Iterable, Iterator, Mapping

from django.apps import apps
from django.db.models import Count, Q, QuerySet

from apps.core.models import Translated
from apps.pricing.models import Market
from apps.translations.errors import UnknownText
from apps.translations.models import Text
from apps.translations.types import Progress, TextRow


def translated_models() -> Mapping[str, type[Translated]]:
    """The models whose texts can be translated by people, by kind; also those of add-ons."""
    return {
        model._meta.label_lower: model
        for model in apps.get_models()
        if issubclass(model, Translated) and model.translation_key
    }


def spoken_languages() -> list[str]:
    """The languages that any market speaks, the most common first."""
    found: dict[str, int] = {}
    for languages in Market.objects.order_by("position").values_list("languages", flat=True):
        for one in languages:
            found[one] = found.get(one, 0) + 1
    return sorted(found, key=lambda one: -found[one])


def find_row(*, kind: str, key: str) -> Translated:
    """The row that a list of translations names, locked. Raises UnknownText."""
    model = translated_models().get(kind)
    if model is None:
        raise UnknownText(kind=kind, key=key)
    ways, parts = model.translation_key, key.split("/", len(model.translation_key) - 1)
    try:
        rows = model._default_manager.select_for_update(of=("self",))
        row: Translated | None = rows.filter(**dict(zip(ways, parts, strict=True))).first()
    except ValueError:
        row = None
    if row is None:
        raise UnknownText(kind=kind, key=key)
    return row


def count_texts() -> list[Progress]:
    """For each language that a market speaks, besides the shop's own, how far its translation is."""
    counted = (
        Text.objects.values("language")
        .annotate(whole=Count("id"), translated=Count("id", filter=~Q(text="")))
        .order_by("language")
    )
    return [Progress(**one) for one in counted]


def list_rows(texts: QuerySet[Text]) -> Iterator[TextRow]:
    """Lines of a list of translations."""
    fields: Iterable[str] = TextRow.__struct_fields__
    for values in texts.values(*fields).iterator(chunk_size=2000):
        yield TextRow(**values)
