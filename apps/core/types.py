"""Plain values that every app shares."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import Meta

# PostgreSQL keeps neither NUL nor halves of characters, in a text or in JSON.
KEPT = r"^[^\x00\ud800-\udfff]*$"
# The largest amount of any currency, either way; a thousand of them still fit a 64-bit column.
MOST_MINOR = 10**15

# Texts of at most so many characters, and an amount, as tables and queues can keep them.
Text2 = Annotated[str, Meta(max_length=2, pattern=KEPT)]
Text3 = Annotated[str, Meta(max_length=3, pattern=KEPT)]
Text10 = Annotated[str, Meta(max_length=10, pattern=KEPT)]
Text20 = Annotated[str, Meta(max_length=20, pattern=KEPT)]
Text30 = Annotated[str, Meta(max_length=30, pattern=KEPT)]
Text50 = Annotated[str, Meta(max_length=50, pattern=KEPT)]
Text64 = Annotated[str, Meta(max_length=64, pattern=KEPT)]
Text100 = Annotated[str, Meta(max_length=100, pattern=KEPT)]
Text150 = Annotated[str, Meta(max_length=150, pattern=KEPT)]
Text200 = Annotated[str, Meta(max_length=200, pattern=KEPT)]
Text254 = Annotated[str, Meta(max_length=254, pattern=KEPT)]
Text255 = Annotated[str, Meta(max_length=255, pattern=KEPT)]
MinorUnits = Annotated[int, Meta(ge=-MOST_MINOR, le=MOST_MINOR)]

# ISO 4217 minor-unit exponents that are not 2, for the currencies in use.
_EXPONENTS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
         "VUV", "XAF", "XOF", "XPF"),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}  # fmt: skip


class Localization(msgspec.Struct, frozen=True, order=True):
    """For whom a page is: the code of a market and a language (BCP 47), with which its address begins."""

    market: str
    language: str

    @property
    def prefix(self) -> str:
        """What the addresses of its pages begin with: `/eu/de/`."""
        return f"/{self.market}/{self.language}/"


class Words(str):
    """A text that knows in which language it is (BCP 47)."""

    __slots__ = ("language",)
    language: str

    def __new__(cls, text: str, *, language: str) -> Self:
        made = super().__new__(cls, text)
        made.language = language
        return made


# By language, then by field: what a row says in other languages than its own.
Translations = Mapping[str, Mapping[str, str]]


def exponent_of(currency: str) -> int:
    """How many decimals the currency's minor unit has (ISO 4217)."""
    return _EXPONENTS.get(currency, 2)


def exponents() -> str:
    """The exponents that are not 2, as the branches of an SQL `CASE` over the currency."""
    return " ".join(f"WHEN '{currency}' THEN {digits}" for currency, digits in _EXPONENTS.items())


def uuid_in(text: str) -> str:
    """SQL for the UUID that a text is, null where it is none: so that an id is found by its index.

    `text` is an SQL expression; the statement is one whose parameters are filled in.
    """
    digits = "[0-9a-f]"
    pattern = f"^{digits}{{8}}(-{digits}{{4}}){{3}}-{digits}{{12}}$"
    return f"(CASE WHEN {text} ~ '{pattern}' THEN ({text})::uuid END)"


class Money(msgspec.Struct, frozen=True):
    """An exact amount: a whole number of the currency's minor units, so that sums never drift."""

    minor: int
    currency: str

    @property
    def amount(self) -> Decimal:
        """The amount in major units, with exactly the currency's decimals."""
        return Decimal(self.minor).scaleb(-exponent_of(self.currency))

    def __add__(self, other: Self) -> "Money":
        return Money(self.minor + self._same_currency(other).minor, self.currency)

    def __sub__(self, other: Self) -> "Money":
        return Money(self.minor - self._same_currency(other).minor, self.currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def _same_currency(self, other: Self) -> Self:
        if other.currency != self.currency:
            msg = f"{self.currency} and {other.currency} do not add up"
            raise ValueError(msg)
        return other


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where a parcel goes: the fields that country rules name, already checked and normalised."""

    name: Text150
    line1: Text200
    city: Text100
    country: Text2
    postcode: Text20 = ""
    line2: Text200 = ""
    region: Text100 = ""
    phone: Text30 = ""
    company: Text150 = ""


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """A file that an order's page offers to whoever holds its key."""

    label: str
    address: str


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What an invariant speaks of, and how to go through it in pieces.

    `changed` finds the keys of what may have changed since `%(since)s`, or in events and rows whose ids
    are behind `%(since_id)s`: one column of type `key`. All of it are the ids of `table` behind `first`:
    an SQL expression, without it the lowest id.
    """

    name: str
    changed: str
    table: str
    key: Literal["uuid", "bigint"]
    first: str = ""


class Invariant(msgspec.Struct, frozen=True, kw_only=True):
    """Something that must hold whenever the shop is at rest.

    `sql` finds what breaks it among the `%(keys)s` of its scope: rows of (subject, what is wrong).
    Without a scope it is asked as a whole, which an index must make cheap. Events older than
    `%(events_since)s` and deliveries older than `%(deliveries_since)s` may have been cleared out.
    `values` gives what else the statement asks for by name.
    """

    code: str
    promise: str
    sql: str
    scope: str = ""
    values: Callable[[], Mapping[str, Any]] = dict


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How long rows of a model live, why, and which of its fields tell of a person.

    `days` is None for what is kept for good. `expired` gives one column, the primary keys of at most
    `%(batch)s` rows that may go; it knows `%(before)s`, so many days ago, and `%(before_id)s`, the
    least id that can have been made then. They are deleted, with what cascades, or `clear` is run
    instead with their `%(keys)s`: it must leave them so that `expired` does not find them again.
    `values` gives what else `expired` asks for by name. `impersonal` are fields whose names look personal
    and whose values are not.
    """

    model: str
    why: str
    days: int | None = None
    personal: tuple[str, ...] = ()
    impersonal: tuple[str, ...] = ()
    expired: str = ""
    values: Callable[[], Mapping[str, Any]] = dict
    clear: str = ""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """How often something may be done by, or to, one and the same within so many seconds."""

    name: str
    most: int
    seconds: int


class Seller(msgspec.Struct, frozen=True, kw_only=True, rename="upper", forbid_unknown_fields=True):
    """Who sells, as invoices must say (Directive 2006/112/EC, Art. 226)."""

    name: str
    address: tuple[str, ...]
    vat_id: str
    email: str


class Brand(msgspec.Struct, frozen=True, kw_only=True, rename="upper", forbid_unknown_fields=True):
    """Whose shop it is: `SHOP["BRAND"]`.

    `origin` is the shop's own address, for links where there is no request; mails come from `email`.
    """

    name: str
    origin: str
    email: str
    seller: Seller


class Metric(StrEnum):
    """The figures that the shop puts on record; docs/operations.md says what each counts, alarms listen to them."""

    BROKEN_INVARIANTS = "BrokenInvariants"
    BROKEN_INVARIANTS_OVERALL = "BrokenInvariantsOverall"
    DEAD_LETTERS = "DeadLetters"
    DELIVERY_LAG_SECONDS = "DeliveryLagSeconds"
    GUEST_UNITS_REFUSED = "GuestUnitsRefused"
    LETTERS_WITHOUT_FONT = "LettersWithoutFont"
    ORDER_WAIT_SECONDS = "OrderWaitSeconds"
    ORDERS_ACCEPTED = "OrdersAccepted"
    ORDERS_PROCESSED = "OrdersProcessed"
    ORDERS_REJECTED = "OrdersRejected"
    ORDERS_UNACCOUNTED = "OrdersUnaccounted"
    PAYMENT_ANSWERS = "PaymentAnswers"
    PAYMENT_DISCREPANCIES = "PaymentDiscrepancies"
    PRUNE_FAILURES = "PruneFailures"
    REFUNDS_FAILED = "RefundsFailed"
    STOCK_DRIFT = "StockDrift"
    SWEEP_FAILURES = "SweepFailures"
    TRACES_UNSENT = "TracesUnsent"
