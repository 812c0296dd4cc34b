"""How long invoices and credit notes are kept."""

from apps.core.types import Retention

_LAW = (
    "Invoices stay as they were issued, with the buyer that the law wants named: eight to ten years"
    " (§ 14b UStG, § 147 AO; HMRC: six), and numbers have no gaps."
)

RETENTION = (
    Retention(model="invoicing.Series", why="Counts the documents: never begins anew."),
    Retention(model="invoicing.Document", why=_LAW, personal=("content", "file")),
)
