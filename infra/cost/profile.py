"""How much is asked of the shop, and what each piece of work takes, as measured."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path

from infra.cost.prices import DAYS

_MEASUREMENTS = Path(__file__).resolve().parents[2] / "docs" / "measurements.md"
# How often each measured kind of request is asked for.
_MIX = {
    "listing, 24 products (HTML)": 0.40,
    "product (HTML)": 0.45,
    "add to cart (API)": 0.09,
    "quote (API)": 0.04,
    "place (API)": 0.02,
}


class UnknownSetting(Exception):
    """A setting of the profile that there is not, or that is no number."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A month's traffic. Requests are pages and API calls; files and pictures come on top."""

    users: float = 5_000_000
    requests_per_day: float = 1_000_000
    order_share: float = 0.02
    # Pages and product JSON that CloudFront answers by itself.
    cached_share: float = 0.3
    static_files_per_request: float = 0.5
    pictures_per_request: float = 3
    kb_per_answer: float = 25
    kb_per_file: float = 40
    # The busiest hour, by the mean: what servers that do not follow the load are bought for.
    peak: float = 5
    # How busy a container or server may be on average, so that queues do not grow.
    utilisation: float = 0.5
    # A vCPU on AWS is half a core; the measurements are of whole ones.
    slower: float = 1.5
    # Network of a request to the database, which was on the same machine when measured.
    network_ms_per_request: float = 10
    # Bank, mail, queues and topic, for all that follows an order; Lambda is paid while it waits.
    waiting_ms_per_order: float = 1_000
    cold_share: float = 0.005
    # Six tenths of a second as measured (the home page), on half a core.
    cold_ms: float = 900
    # Counted: two messages, four events and two mails until it is paid; the rest by its parcel's callbacks.
    messages_per_order: float = 5
    events_per_order: float = 6
    mails_per_order: float = 4
    log_kb_per_invocation: float = 1.5
    # Requests that the firewall blocks or counts; it keeps a line of nothing else.
    blocked_share: float = 0.01
    custom_metrics: float = 30
    traced_share: float = 0.05
    # Shoppers sign in with the shop's own accounts; a share of users for those who use Cognito.
    cognito_share: float = 0
    kb_per_user: float = 2
    kb_per_order: float = 12
    months_kept: float = 24
    picture_gb: float = 50

    @property
    def requests(self) -> float:
        """Pages and API calls of a month."""
        return self.requests_per_day * DAYS

    @property
    def reaching(self) -> float:
        """Those of them that CloudFront has to ask the shop for."""
        return self.requests * (1 - self.cached_share)

    @property
    def orders(self) -> float:
        """Orders of a month."""
        return self.requests * self.order_share

    @property
    def stored_gb(self) -> float:
        """What the database holds once orders are as old as they are kept."""
        kept = self.orders * self.months_kept * self.kb_per_order
        return (self.users * self.kb_per_user + kept) / 1e6


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What `make bench` found, in milliseconds: a request of the mix, and all that follows an order."""

    request_ms: float
    request_cpu_ms: float
    order_cpu_ms: float


def profile_of(settings: Iterable[str]) -> Profile:
    """The profile with settings changed, such as `requests_per_day=2e6`. Raises UnknownSetting."""
    changes = {}
    known = {one.name for one in fields(Profile)}
    for setting in settings:
        name, _, value = setting.partition("=")
        try:
            changes[name] = float(value)
        except ValueError:
            msg = f"{setting} is no number: write {name}=1000"
            raise UnknownSetting(msg) from None
        if name not in known:
            msg = f"{name}: the profile has {', '.join(sorted(known))}"
            raise UnknownSetting(msg)
    return replace(Profile(), **changes)


def measured(text: str | None = None) -> Measured:
    """The figures of docs/measurements.md. Raises LookupError when it no longer has them."""
    page = _MEASUREMENTS.read_text() if text is None else text
    rows = {work: _row(page, work) for work in _MIX}
    order = re.search(r"([\d.]+) CPU ms of the worker per order", page)
    if not order:
        msg = "docs/measurements.md does not say what CPU an order takes"
        raise LookupError(msg)
    return Measured(
        request_ms=sum(share * rows[work][0] for work, share in _MIX.items()),
        request_cpu_ms=sum(share * rows[work][1] for work, share in _MIX.items()),
        order_cpu_ms=float(order[1]),
    )


def _row(page: str, work: str) -> tuple[float, float]:
    """Median and CPU milliseconds of one line of the table."""
    found = re.search(
        rf"^\| {re.escape(work)} \| ([\d.]+) / [\d.]+ \| ([\d.]+) \|", page, re.MULTILINE
    )
    if not found:
        msg = f"docs/measurements.md has no line for: {work}"
        raise LookupError(msg)
    return float(found[1]), float(found[2])
