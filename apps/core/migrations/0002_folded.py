from django.db import migrations


class Migration(migrations.Migration):
    """The function `folded`: the form in which words are compared, for columns that keep it."""

    dependencies = [
        ("core", "0001_sweep_failures"),
    ]

    operations = [
        migrations.RunSQL(
            r"""
            CREATE FUNCTION folded(text) RETURNS text
            LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
            RETURN regexp_replace(
                normalize(casefold(normalize($1, NFKD) COLLATE pg_unicode_fast), NFKD),
                '[\u00ad\u0300-\u036f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]', '', 'g'
            )
            """,
            reverse_sql="DROP FUNCTION folded(text)",
        ),
    ]
