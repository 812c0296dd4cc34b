"""How long stock, and what explains it, is kept."""

from django.conf import settings

from apps.core.types import Retention

_STOCK = "What there is now, and where."

RETENTION = (
    Retention(model="inventory.Warehouse", why=_STOCK, impersonal=("name",)),
    Retention(model="inventory.StockPolicy", why=_STOCK),
    Retention(model="inventory.StockLevel", why=_STOCK),
    Retention(
        model="inventory.Reservation",
        days=settings.EVENTS_KEPT_DAYS,
        why="Shows which house an order was promised from, as long as its history; an open one stays.",
        expired="""
        SELECT id FROM inventory_reservation
        WHERE released_at < %(before)s ORDER BY id LIMIT %(batch)s
        """,
    ),
    Retention(
        model="inventory.Movement",
        days=settings.EVENTS_KEPT_DAYS,
        why="Older ones of a level become a single opening balance: their sum is what is on hand.",
        impersonal=("note",),
        expired="""
        SELECT id FROM (
            SELECT id, sku, warehouse_id,
                lead(id) OVER level IS NOT NULL OR lag(id) OVER level IS NOT NULL AS has_company
            FROM inventory_movement WHERE created_at < %(before)s
            WINDOW level AS (PARTITION BY sku, warehouse_id ORDER BY sku, warehouse_id)
        ) old WHERE has_company ORDER BY sku, warehouse_id LIMIT %(batch)s
        """,
        clear="""
        WITH gone AS (
            DELETE FROM inventory_movement WHERE id = ANY(%(keys)s) RETURNING *
        )
        INSERT INTO inventory_movement (sku, warehouse_id, quantity, reason, reference, created_at)
        SELECT sku, warehouse_id, sum(quantity), 'opening', '', max(created_at)
        FROM gone GROUP BY sku, warehouse_id
        """,
    ),
    Retention(
        model="inventory.StockDrift",
        days=settings.EVENTS_KEPT_DAYS,
        why="A difference that was settled is looked up until the next stock-taking.",
        expired="""
        SELECT id FROM inventory_stockdrift
        WHERE settled_at < %(before)s ORDER BY id LIMIT %(batch)s
        """,
    ),
)
