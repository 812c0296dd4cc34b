from django.db import migrations, models
from django.db.models.functions import LPad

UNITS = ["ml", "l", "g", "kg", "m", "m2", "piece"]


def is_gtin(code):
    """GS1 General Specifications, 7.9; a migration has its own copy of the rule."""
    if len(code) not in {8, 12, 13, 14} or not (code.isascii() and code.isdigit()):
        return False
    weighed = (int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(code)))
    return sum(weighed) % 10 == 0


def keep_what_is_a_gtin(apps, schema_editor):
    """What cannot be scanned, or stands for two things, is no use to anybody: it is emptied."""
    variants = apps.get_model("catalog", "Variant").objects
    seen = set()
    for variant in variants.exclude(gtin="").order_by("pk").only("gtin").iterator():
        code = "".join(variant.gtin.split())
        kept = code if is_gtin(code) and code.zfill(14) not in seen else ""
        seen.add(kept.zfill(14))
        if kept != variant.gtin:
            variants.filter(pk=variant.pk).update(gtin=kept)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_tax_classes")]

    operations = [
        migrations.RenameField("variant", "barcode", "gtin"),
        migrations.AlterField(
            "variant",
            "gtin",
            models.CharField(
                blank=True,
                help_text="The number below the bar code: 8, 12, 13 or 14 digits.",
                max_length=14,
                verbose_name="GTIN",
            ),
        ),
        migrations.RunPython(keep_what_is_a_gtin, migrations.RunPython.noop),
        migrations.AddConstraint(
            "variant",
            models.CheckConstraint(
                condition=models.Q(gtin__regex=r"^([0-9]{8}|[0-9]{12,14})?$"),
                name="catalog_variant_gtin_is_digits",
            ),
        ),
        migrations.AddConstraint(
            "variant",
            models.UniqueConstraint(
                LPad("gtin", 14, models.Value("0")),
                condition=~models.Q(gtin=""),
                name="catalog_variant_gtin_once",
                violation_error_message="Another variant has this GTIN.",
            ),
        ),
        migrations.AddField(
            "variant",
            "pack_amount",
            models.DecimalField(
                blank=True,
                decimal_places=3,
                help_text="How much is in one piece. Without it there is no unit price.",
                max_digits=12,
                null=True,
                verbose_name="content",
            ),
        ),
        migrations.AddField(
            "variant",
            "pack_unit",
            models.CharField(
                choices=[
                    ("ml", "ml"),
                    ("l", "l"),
                    ("g", "g"),
                    ("kg", "kg"),
                    ("m", "m"),
                    ("m2", "m²"),
                    ("piece", "piece"),
                ],
                default="piece",
                max_length=5,
                verbose_name="unit",
            ),
        ),
        migrations.AddField(
            "variant",
            "pack_pieces",
            models.PositiveIntegerField(default=1, verbose_name="pieces in the pack"),
        ),
        migrations.AddConstraint(
            "variant",
            models.CheckConstraint(
                condition=models.Q(pack_unit__in=UNITS), name="catalog_variant_pack_unit_known"
            ),
        ),
        migrations.AddConstraint(
            "variant",
            models.CheckConstraint(
                condition=models.Q(pack_amount__gt=0, pack_pieces__gt=0)
                | models.Q(pack_amount=None, pack_pieces__gt=0),
                name="catalog_variant_pack_is_something",
                violation_error_message="A pack holds more than nothing.",
            ),
        ),
    ]
