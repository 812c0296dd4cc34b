"""What the catalogue promises."""

from apps.core.types import Invariant, Scope

PRODUCTS = Scope(
    name="products",
    changed="""
    SELECT id FROM catalog_product WHERE updated_at > %(since)s
    UNION SELECT product_id FROM catalog_variant WHERE updated_at > %(since)s
    """,
    table="catalog_product",
    key="bigint",
)
SCOPES = (PRODUCTS,)

INVARIANTS = (
    Invariant(
        code="C1",
        promise="a variant has one value of each option of its product, and says so in their order",
        scope="products",
        sql="""
        SELECT variant.sku, format('says %%s, has %%s', variant.combination, wanted.combination)
        FROM catalog_variant variant
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(value.id ORDER BY own.position), '{}') AS combination,
                coalesce(string_agg(value.name, ', ' ORDER BY own.position), '') AS words
            FROM catalog_productoption own
            LEFT JOIN catalog_variantoption chosen
                ON chosen.option_id = own.option_id AND chosen.variant_id = variant.id
            LEFT JOIN catalog_optionvalue value
                ON value.id = chosen.value_id AND value.option_id = own.option_id
            WHERE own.product_id = variant.product_id
        ) wanted
        WHERE variant.product_id = ANY(%(keys)s::bigint[])
            AND (variant.combination, variant.option_text)
                IS DISTINCT FROM (wanted.combination, wanted.words::varchar)
        """,
    ),
    Invariant(
        code="C2",
        promise="a variant has no value of an option that its product does not vary along",
        scope="products",
        sql="""
        SELECT variant.sku, format('has a value of option %%s', chosen.option_id)
        FROM catalog_variant variant
        JOIN catalog_variantoption chosen ON chosen.variant_id = variant.id
        WHERE variant.product_id = ANY(%(keys)s::bigint[]) AND NOT EXISTS (
            SELECT FROM catalog_productoption own
            WHERE own.product_id = variant.product_id AND own.option_id = chosen.option_id)
        """,
    ),
    Invariant(
        code="C3",
        promise="what is told of a product its type declares, and it is of the declared kind",
        scope="products",
        sql="""
        SELECT product.slug, format('%%s does not fit', attribute.code)
        FROM catalog_productattribute told
        JOIN catalog_product product ON product.id = told.product_id
        JOIN catalog_attribute attribute ON attribute.id = told.attribute_id
        LEFT JOIN catalog_attributechoice choice ON choice.id = told.choice_id
        WHERE told.product_id = ANY(%(keys)s::bigint[])
            AND (attribute.product_type_id <> product.product_type_id
                OR (attribute.kind = 'text') <> (told.text <> '')
                OR (attribute.kind IN ('integer', 'decimal')) <> (told.number IS NOT NULL)
                OR (attribute.kind = 'integer' AND told.number <> trunc(told.number))
                OR (attribute.kind = 'boolean') <> (told.is_true IS NOT NULL)
                OR (attribute.kind = 'choice') <> (told.choice_id IS NOT NULL)
                OR choice.attribute_id <> attribute.id)
        """,
    ),
)
