"""What this shop is made of besides the code: whose it is, and which backends stand behind its doors.

A backend is a class and its arguments (apps/core/registry.py); `manage.py check` explains a mistake.
"""

from typing import Any

import environ

from ecommerce.settings.downstream import DOWNSTREAM

env = environ.Env()

SHOP: dict[str, dict[str, Any]] = {
    "BRAND": {
        "NAME": env.str("SHOP_NAME", default="Alder & Brine"),
        # The shop's own address, for links in mails, which are written where there is no request.
        "ORIGIN": env.str("SHOP_ORIGIN", default="http://127.0.0.1:8000"),
        "EMAIL": env.str("SHOP_EMAIL", default="orders@example.com"),
        "SELLER": {
            "NAME": env.str("SELLER_NAME", default="Alder & Brine Ltd"),
            "ADDRESS": env.list(
                "SELLER_ADDRESS", default=["14 Quay Street", "Bristol BS1 4DB", "United Kingdom"]
            ),
            "VAT_ID": env.str("SELLER_VAT_ID", default="GB 000 0000 00"),
            "EMAIL": env.str("SELLER_EMAIL", default="orders@example.com"),
        },
    },
    # The checkout shows them in this order. What is not offered still answers for its old payments.
    "PAYMENT_PROVIDERS": {
        "stripe": {
            "BACKEND": "apps.payments.providers.stripe.StripeProvider",
            # An empty key: the shop does not offer Stripe.
            "OFFERED": bool(env.str("STRIPE_SECRET_KEY", default="")),
            "OPTIONS": {
                "api_base": env.str("STRIPE_API_BASE", default=""),
                "api_version": env.str("STRIPE_API_VERSION", default=""),
                "timeout_seconds": env.int("STRIPE_TIMEOUT_SECONDS", default=10),
            },
            "SECRETS": {
                "secret_key": env.str("STRIPE_SECRET_KEY", default=""),
                "webhook_secret": env.str("STRIPE_WEBHOOK_SECRET", default=""),
            },
        },
        # Whoever has a credit account may always use it.
        "account": {"BACKEND": "apps.payments.providers.account.AccountProvider"},
        "fake": {
            "BACKEND": "apps.payments.providers.fake.FakeProvider",
            "OFFERED": "fake" in env.list("PAYMENT_GATEWAYS", default=["fake"]),
            "OPTIONS": {"shows_tokens": env.bool("SHOW_FAKE_TOKENS", default=False)},
        },
    },
    "NOTIFICATION_CHANNELS": {
        "mail": {"BACKEND": "apps.notifications.gateways.MailChannel"},
    },
    # Who outside hears which events.
    "DOWNSTREAM": DOWNSTREAM,
    # Carriers that fulfilment names without saying where a parcel can be followed.
    "SHIPPING_CARRIERS": {},
}
