import json
from decimal import Decimal, InvalidOperation

from django.db import migrations
from django.utils.text import slugify

YES, NO = {"true", "yes", "y", "1", "ja"}, {"false", "no", "n", "0", "nein"}


def text_of(value):
    if isinstance(value, str):
        return value.strip()[:500]
    return json.dumps(value, ensure_ascii=False)[:500]


def number_of(value):
    """The number that somebody typed, with a point or a comma; None for what is none."""
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value).strip().replace(",", "."))
    except InvalidOperation:
        return None
    return round(number, 6) if number.is_finite() and abs(number) < 10**14 else None


def whole_of(value):
    number = number_of(value)
    return number if number is not None and number == int(number) else None


def truth_of(value):
    word = text_of(value).lower()
    return True if word in YES else False if word in NO else None


COLUMNS = {
    "text": ("text", text_of),
    "integer": ("number", whole_of),
    "decimal": ("number", number_of),
    "boolean": ("is_true", truth_of),
}


class Choices:
    """The rows of what can be chosen: of what was declared, and of what was typed all the same."""

    def __init__(self, model):
        self.model = model
        self.known = {}

    def declare(self, attribute):
        names = attribute.choices if isinstance(attribute.choices, list) else []
        for name in names:
            self.of(attribute, text_of(name)[:100])

    def of(self, attribute, name):
        of_it = self.known.setdefault(attribute.pk, {})
        if name not in of_it:
            code = wanted = slugify(name)[:90] or f"choice-{len(of_it) + 1}"
            while code in {one.code for one in of_it.values()}:
                code = f"{wanted}-{len(of_it) + 1}"
            of_it[name] = self.model.objects.create(
                attribute_id=attribute.pk, code=code, name=name, position=len(of_it)
            )
        return of_it[name]


def move(apps, schema_editor):
    told = apps.get_model("catalog", "ProductAttribute").objects
    choices = Choices(apps.get_model("catalog", "AttributeChoice"))
    declared = {}
    for attribute in apps.get_model("catalog", "Attribute").objects.order_by("pk"):
        declared[attribute.product_type_id, attribute.code] = attribute
        choices.declare(attribute)
    for product in apps.get_model("catalog", "Product").objects.order_by("pk").iterator():
        typed = product.attributes if isinstance(product.attributes, dict) else {}
        for code, value in typed.items():
            attribute = declared.get((product.product_type_id, code))
            column = column_of(attribute, value, choices=choices) if attribute else {}
            if column:
                told.create(product=product, attribute=attribute, **column)
            elif value not in (None, ""):
                print(f"{product.slug}: {code} is not told any more, it was {value!r}")


def column_of(attribute, value, *, choices):
    """The column and its value; nothing for what cannot be made one of the attribute's kind."""
    if value is None or text_of(value) == "":
        return {}
    if attribute.kind == "choice":
        return {"choice": choices.of(attribute, text_of(value)[:100])}
    name, read = COLUMNS[attribute.kind]
    found = read(value)
    return {} if found is None else {name: found}


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_attribute_rows")]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
