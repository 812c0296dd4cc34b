"""What stock promises."""

from apps.core.types import Invariant, Scope

LEVELS = Scope(
    name="levels",
    changed="""
    SELECT DISTINCT level.id FROM inventory_stocklevel level
    JOIN (
        SELECT sku, warehouse_id FROM inventory_movement WHERE created_at > %(since)s
        UNION SELECT sku, warehouse_id FROM inventory_reservation WHERE created_at > %(since)s
        UNION SELECT sku, warehouse_id FROM inventory_reservation WHERE released_at > %(since)s
    ) touched ON touched.sku = level.sku AND touched.warehouse_id = level.warehouse_id
    """,
    table="inventory_stocklevel",
    key="bigint",
)
SCOPES = (LEVELS,)

INVARIANTS = (
    Invariant(
        code="I1",
        promise="no level is negative, and no more is reserved than is there",
        scope="levels",
        sql="""
        SELECT sku, format('on hand %%s, reserved %%s', on_hand, reserved)
        FROM inventory_stocklevel
        WHERE id = ANY(%(keys)s::bigint[])
            AND (on_hand < 0 OR reserved < 0 OR backordered < 0 OR reserved > on_hand)
        """,
    ),
    Invariant(
        code="I2a",
        promise="what is on hand is the sum of its movements",
        scope="levels",
        sql="""
        SELECT level.sku, format('on hand %%s, moved %%s', level.on_hand, coalesce(moved.units, 0))
        FROM inventory_stocklevel level
        LEFT JOIN LATERAL (
            SELECT sum(quantity) AS units FROM inventory_movement movement
            WHERE movement.sku = level.sku AND movement.warehouse_id = level.warehouse_id
        ) moved ON true
        WHERE level.id = ANY(%(keys)s::bigint[]) AND level.on_hand <> coalesce(moved.units, 0)
        """,
    ),
    Invariant(
        code="I2b",
        promise="what is reserved and back-ordered is the sum of the open reservations",
        scope="levels",
        sql="""
        SELECT level.sku, format('reserved %%s of %%s, back-ordered %%s of %%s', level.reserved,
            coalesce(open.reserved, 0), level.backordered, coalesce(open.backordered, 0))
        FROM inventory_stocklevel level
        LEFT JOIN LATERAL (
            SELECT sum(quantity - shipped - promise.backordered) AS reserved,
                sum(promise.backordered) AS backordered
            FROM inventory_reservation promise
            WHERE promise.sku = level.sku AND promise.warehouse_id = level.warehouse_id
                AND promise.released_at IS NULL
        ) open ON true
        WHERE level.id = ANY(%(keys)s::bigint[])
            AND (level.reserved <> coalesce(open.reserved, 0)
                OR level.backordered <> coalesce(open.backordered, 0))
        """,
    ),
)
