"""What a visitor of the demo shop needs to know."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DemoAccount:
    """A log-in of the demo shop; it opens nothing outside the laptop it runs on."""

    email: str
    password: str
    is_staff: bool


DEMO_ACCOUNTS = (
    DemoAccount(email="shopper@example.com", password="fresh-linen-41", is_staff=False),  # noqa: S106
    DemoAccount(email="staff@example.com", password="tidy-counter-57", is_staff=True),  # noqa: S106
)

# What a partner's system would show: `Authorization: Api-Key …`. It opens this laptop's shop only.
DEMO_API_KEY = "shop_demo_key_of_this_laptop_only"

FAKE_TOKENS = {
    "tok_success": "pays at once",
    "tok_decline": "is declined",
    "tok_timeout": "the bank answers too late but has taken the money; resolved by itself",
    "tok_3ds": "needs the shopper to confirm",
}
