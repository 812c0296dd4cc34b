import json
import re
from decimal import Decimal

from django.db import migrations
from django.utils.text import slugify

# What a variant has of an option that only its siblings had.
WITHOUT = "–"
# As many as a product may vary along; what varies along more is told apart by its variants' SKUs.
MOST = 3
LONGEST = 64
FACTORS = {
    "ml": "0.001",
    "cl": "0.01",
    "l": "1",
    "g": "0.001",
    "kg": "1",
    "mm": "0.001",
    "cm": "0.01",
    "m": "1",
}


def text_of(value):
    """What somebody typed for an option, as it was shown; empty for nothing."""
    if value is None or isinstance(value, str):
        return " ".join((value or "").split())[:LONGEST]
    return json.dumps(value, ensure_ascii=False)[:LONGEST]


def typed_options(variant):
    """The texts of a variant by the code of the option; of two keys with one code the first counts."""
    found = {}
    if isinstance(variant.options, dict):
        for key, value in variant.options.items():
            if text := text_of(value):
                found.setdefault(code_of(key)[:50], text)
    return found


def code_of(name):
    return slugify(re.sub(r"(?<=\d)[.,](?=\d)", "-", name)) or "x" + name.encode().hex()[:30]


def rank_of(name):
    """Measures by how much they are, then words by the alphabet, and last what there is not."""
    found = re.fullmatch(r"(\d+(?:[.,]\d+)?) ?([a-z]*)", name)
    if found:
        number = Decimal(found[1].replace(",", "."))
        return (0, number * Decimal(FACTORS.get(found[2], "1")), name)
    return (2 if name == WITHOUT else 1, 0, name)


def told_apart(variants, typed):
    """The codes of the options of a product, and the texts of each variant: no two have the same."""
    codes = list(dict.fromkeys(code for options in typed for code in options))[:MOST]
    texts = [[options.get(code, WITHOUT) for code in codes] for options in typed]
    if len({tuple(one) for one in texts}) == len(variants):
        return codes, texts
    return ["variant"], [[variant.sku[:LONGEST]] for variant in variants]


def move(apps, schema_editor):
    models = {
        name: apps.get_model("catalog", name)
        for name in (
            "Product",
            "Variant",
            "Option",
            "OptionValue",
            "ProductOption",
            "VariantOption",
        )
    }
    options, values = {}, {}
    for product in models["Product"].objects.order_by("pk").iterator():
        variants = list(
            models["Variant"].objects.filter(product=product).order_by("position", "pk")
        )
        codes, texts = told_apart(variants, [typed_options(one) for one in variants])
        for position, code in enumerate(codes):
            if code not in options:
                options[code] = models["Option"].objects.create(
                    code=code,
                    name=code.replace("-", " ").replace("_", " ").capitalize(),
                    position=len(options),
                )
            models["ProductOption"].objects.create(
                product=product, option=options[code], position=position
            )
        for variant, names in zip(variants, texts):
            chosen = []
            for code, name in zip(codes, names):
                if (code, name) not in values:
                    values[code, name] = new_value(models["OptionValue"], options[code], name)
                chosen.append(values[code, name])
                models["VariantOption"].objects.create(
                    variant=variant, option=options[code], value=values[code, name]
                )
            models["Variant"].objects.filter(pk=variant.pk).update(
                combination=[one.pk for one in chosen], option_text=", ".join(names)
            )
    for option in options.values():
        in_order = sorted(option.values.all(), key=lambda one: rank_of(one.name))
        for position, value in enumerate(in_order):
            models["OptionValue"].objects.filter(pk=value.pk).update(position=position)


def new_value(model, option, name):
    code = wanted = "without" if name == WITHOUT else code_of(name)[:LONGEST]
    number = 1
    while model.objects.filter(option=option, code=code).exists():
        number += 1
        code = f"{wanted[:55]}-{number}"
    return model.objects.create(option=option, code=code, name=name)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_options")]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
