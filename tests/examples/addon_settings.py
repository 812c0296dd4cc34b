"""A stage of a shop that has the add-on: its own settings name it, and nothing else does."""

from ecommerce.settings.test import *  # noqa: F403
from ecommerce.settings.test import INSTALLED_APPS, SHOP

INSTALLED_APPS = ["shop_ecolabel.apps.EcoLabelConfig", *INSTALLED_APPS]
SHOP["PAYMENT_PROVIDERS"]["voucher"] = {
    "BACKEND": "shop_ecolabel.provider.VoucherProvider",
    "SECRETS": {"key": "printed-in-may"},
}
SHOP["DOWNSTREAM"]["ecolabel"] = ("orders.order.paid.v1",)
