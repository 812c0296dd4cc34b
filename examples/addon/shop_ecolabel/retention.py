from apps.core.types import Retention

RETENTION = (
    Retention(model="shop_ecolabel.EcoLabel", why="Lives and goes with its product."),
    Retention(model="shop_ecolabel.Redemption", why="Without it a voucher could pay once more."),
)
