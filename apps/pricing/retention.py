"""How long prices are kept: as long as they are in force."""

from apps.core.types import Retention

_WHY = "What is in force now; orders keep copies of their own."

RETENTION = (
    Retention(
        model="pricing.Market",
        why=_WHY,
        impersonal=("name", "seller_name", "seller_address", "seller_email"),
    ),
    Retention(model="pricing.Price", why=_WHY),
    Retention(model="pricing.TaxRate", why=_WHY, impersonal=("region",)),
)
