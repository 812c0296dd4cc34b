"""What a purchase order number is."""

LONGEST_PURCHASE_ORDER = 40


def is_purchase_order(number: str) -> bool:
    """Whether it is a number as a customer's own books have it: printable, and bounded by no spaces."""
    fits = 0 < len(number) <= LONGEST_PURCHASE_ORDER
    return fits and number.isprintable() and number == number.strip()
