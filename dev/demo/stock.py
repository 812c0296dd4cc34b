"""Where the demo shop keeps its goods: three houses, and what may be promised beyond what is there."""

from collections.abc import Mapping
from dataclasses import dataclass

from dev.demo.records import DemoCatalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoWarehouse:
    """A house; `percent` of the stock of goods that are not scarce lies there."""

    code: str
    name: str
    country: str
    percent: int


HOME = DemoWarehouse(code="london", name="London", country="GB", percent=50)
WAREHOUSES = (
    HOME,
    DemoWarehouse(code="rotterdam", name="Rotterdam", country="NL", percent=30),
    DemoWarehouse(code="reno", name="Reno", country="US", percent=20),
)
SCARCE = 10
# The first is sold out: it can be bought, and ships later.
BACKORDER_LIMITS = {"FL-FAB-001-500ML-SAL": 25, "AB-DSH-001-5L-LEM": 40}
LOW_STOCK_AT = {"AB-DSH-001-500ML-SAL": 90, "AB-DSH-002-1L-NIL": 80, "AB-DSH-001-5L-LEM": 30}


def spread(units: int) -> Mapping[str, int]:
    """How many units lie in which house; what is scarce, and what does not divide, lies at home."""
    away = {
        house.code: units * house.percent // 100
        for house in WAREHOUSES
        if house is not HOME and units >= SCARCE
    }
    return {HOME.code: units - sum(away.values()), **away}


def load_stock(catalogue: DemoCatalogue) -> None:
    """Open the houses, fill them, and say which variants may be back-ordered or run low."""
    from apps.catalog.models import Variant  # noqa: PLC0415
    from apps.inventory.models import StockPolicy, Warehouse  # noqa: PLC0415
    from apps.inventory.services import set_opening_stock  # noqa: PLC0415

    # The house that every database is born with; here others take its place.
    Warehouse.objects.filter(code="main", levels=None).delete()
    units = {
        variant.sku: spread(variant.stock)
        for product in catalogue.products
        for variant in product.variants
    }
    for priority, house in enumerate(WAREHOUSES, start=1):
        Warehouse.objects.create(
            code=house.code, name=house.name, country=house.country, priority=priority
        )
        kept = {sku: shares[house.code] for sku, shares in units.items() if house.code in shares}
        set_opening_stock(quantities=kept, reference="demo", warehouse=house.code)
    variants = Variant.objects.in_bulk([*BACKORDER_LIMITS, *LOW_STOCK_AT], field_name="sku")
    StockPolicy.objects.bulk_create(
        StockPolicy(
            variant=variant,
            backorder_limit=BACKORDER_LIMITS.get(sku),
            low_stock_at=LOW_STOCK_AT.get(sku),
        )
        for sku, variant in variants.items()
    )
