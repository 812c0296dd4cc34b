"""A document as it was issued: everything that is printed, frozen. Minor units, tax included."""

from enum import StrEnum

import msgspec


class DocumentKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """Who sells or buys, as printed: a name and the lines of an address."""

    name: str
    lines: tuple[str, ...]
    vat_id: str = ""
    email: str = ""


class DocumentAdjustment(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken off, or added where it is above zero; tax as the market says."""

    label: str
    amount_minor: int


class DocumentLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was sold or given back. `total_minor` contains `tax_minor`; the rate is a decimal as text.

    The total is after adjustments. Documents that were issued before adjustments had labels have a
    `discount_minor` instead.
    """

    title: str
    quantity: int
    total_minor: int
    tax_minor: int
    rate: str
    sku: str = ""
    options: str = ""
    adjustments: tuple[DocumentAdjustment, ...] = ()
    discount_minor: int = 0


class TaxLine(msgspec.Struct, frozen=True, kw_only=True):
    """What all lines of one tax rate add up to."""

    rate: str
    net_minor: int
    tax_minor: int

    @property
    def total_minor(self) -> int:
        """What the lines of this rate come to in minor units, tax included."""
        return self.net_minor + self.tax_minor


class DocumentContent(msgspec.Struct, frozen=True, kw_only=True):
    """All that a document says; `invoice` and `invoiced_on` are what a credit note refers to.

    Of a sale on account, `due_on` and `purchase_order` take the place of `paid_on`; `paid_minor` is what of
    the sale was paid in another way. `untaxed` says why no VAT is charged where the goods go.
    """

    seller: Party
    buyer: Party
    lines: tuple[DocumentLine, ...]
    taxes: tuple[TaxLine, ...]
    order_number: str
    ordered_on: str
    paid_on: str
    reason: str = ""
    invoice: str = ""
    invoiced_on: str = ""
    due_on: str = ""
    purchase_order: str = ""
    paid_minor: int = 0
    untaxed: str = ""

    @property
    def is_on_account(self) -> bool:
        """Whether the sale is to be paid later, by its invoice."""
        return bool(self.due_on)

    @property
    def total_minor(self) -> int:
        """What all lines come to in minor units, tax included, after adjustments."""
        return sum(line.total_minor for line in self.lines)

    @property
    def tax_minor(self) -> int:
        """The tax that the lines contain, in minor units, each rounded before it was added."""
        return sum(line.tax_minor for line in self.lines)
