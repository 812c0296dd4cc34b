"""What this shop is made of besides the code: whose it is, and which backends stand behind its doors.

A backend is a class and its arguments (apps/core/registry.py); `manage.py check` explains a mistake.
"""

from typing import Any

import environ

from ecommerce.settings.downstream import DOWNSTREAM

env = environ.Env()

SHOP: dict[str, dict[str, Any]] = {
    "BRAND": {
        # What the shop is called, on pages and in mails.
        "NAME": env.str("SHOP_NAME", default="Alder & Brine"),
        # The shop's own address, for links in mails, which are written where there is no request.
        "ORIGIN": env.str("SHOP_ORIGIN", default="http://127.0.0.1:8000"),
        # Whom mails come from and answers go to.
        "EMAIL": env.str("SHOP_EMAIL", default="orders@example.com"),
        "SELLER": {
            # Who sells: the company, as invoices name it.
            "NAME": env.str("SELLER_NAME", default="Alder & Brine Ltd"),
            # Its address on invoices, a line an entry.
            "ADDRESS": env.list(
                "SELLER_ADDRESS", default=["14 Quay Street", "Bristol BS1 4DB", "United Kingdom"]
            ),
            # Its VAT number on invoices.
            "VAT_ID": env.str("SELLER_VAT_ID", default="GB 000 0000 00"),
            # Its e-mail address on invoices.
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
                # Another address than Stripe's own, such as a double of it.
                "api_base": env.str("STRIPE_API_BASE", default=""),
                # The version of Stripe's API to speak; empty: the one that the adapter was written
                # for.
                "api_version": env.str("STRIPE_API_VERSION", default=""),
                # Seconds to wait for Stripe.
                "timeout_seconds": env.int("STRIPE_TIMEOUT_SECONDS", default=10),
            },
            "SECRETS": {
                "secret_key": env.str("STRIPE_SECRET_KEY", default=""),
                # What Stripe signs its webhooks with (whsec_…).
                "webhook_secret": env.str("STRIPE_WEBHOOK_SECRET", default=""),
            },
        },
        # Whoever has a credit account may always use it.
        "account": {"BACKEND": "apps.payments.providers.account.AccountProvider"},
        "fake": {
            "BACKEND": "apps.payments.providers.fake.FakeProvider",
            # Whether the demo bank is offered: `fake`, or nothing.
            "OFFERED": "fake" in env.list("PAYMENT_GATEWAYS", default=["fake"]),
            # Whether the checkout shows the demo bank's ways to pay, to try them out.
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
