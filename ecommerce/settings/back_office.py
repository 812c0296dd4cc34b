"""What the back office is called, and its colours."""

from ecommerce.settings.shop import SHOP

UNFOLD = {
    "SITE_TITLE": SHOP["BRAND"]["NAME"],
    "SITE_HEADER": SHOP["BRAND"]["NAME"],
    "SITE_SUBHEADER": "Back office",
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    "COLORS": {
        "primary": {
            "50": "#eef6f3",
            "100": "#dce8e4",
            "200": "#b9d3ca",
            "300": "#8fb8aa",
            "400": "#629a88",
            "500": "#437e6c",
            "600": "#2f5d50",
            "700": "#264b42",
            "800": "#1b3b38",
            "900": "#12343b",
            "950": "#0b2127",
        },
    },
}
