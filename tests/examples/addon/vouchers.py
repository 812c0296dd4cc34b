"""What the provider of the add-on answers: to repeats, in any order, and to many at once."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from typing import Any

from django.db import connection
from shop_ecolabel.models import Redemption
from shop_ecolabel.provider import code_for

from apps.core.types import Money
from apps.payments.registry import payment_providers
from apps.payments.types import GatewayAnswer, GatewayRequest
from tests.examples.addon import tell

AT_ONCE = 8
VOUCHERS = payment_providers.get("voucher")
_numbers = count(1)


class Order:
    """A payment by voucher, and what the provider is asked about it."""

    def __init__(self, code: str) -> None:
        self.code, self.number = code, next(_numbers)

    def ask(self, kind: str, *, minor: int = 2000, key: str = "") -> list[Any]:
        """The outcome of one movement, and what the provider then says it took and gave back."""
        return _said(getattr(VOUCHERS, kind)(self._request(kind, minor=minor, key=key)))

    def fetch(self, kind: str, *, key: str = "") -> list[Any] | None:
        answer = VOUCHERS.fetch(self._request(kind, minor=2000, key=key))
        return answer and _said(answer)

    def _request(self, kind: str, *, minor: int, key: str) -> GatewayRequest:
        return GatewayRequest(
            key=f"{self.number}:{key or kind}",
            kind=kind,
            amount=Money(minor, "GBP"),
            token=self.code,
            payment_id=str(self.number),
        )


def _said(answer: GatewayAnswer) -> list[Any]:
    return [str(answer.outcome), answer.captured_minor, answer.refunded_minor]


def vouchers() -> dict[str, Any]:
    """Everything that is asked, by name."""
    codes = (code_for(f"B{number}", key="printed-in-may") for number in count(1))
    first, second = (Order(code) for code in [next(codes)] * 2)
    told: dict[str, Any] = {
        "a code": VOUCHERS.accepts(first.code),
        "forged": VOUCHERS.accepts(first.code[:-1] + "ö"),
        "too long": VOUCHERS.accepts(code_for("B" * 60, key="printed-in-may")),
        "nothing yet": [first.fetch(kind) for kind in ("authorise", "capture", "void", "refund")],
        "held": [first.ask("authorise"), first.ask("authorise"), first.fetch("authorise")],
        "held by another": [second.ask("authorise"), second.fetch("authorise")],
        "taken": [first.ask("capture"), first.ask("capture"), first.fetch("capture")],
        "let go of what is taken": first.ask("void"),
        "a part back": first.ask("refund", minor=500, key="part"),
        "back": [first.ask("refund"), first.ask("refund"), first.fetch("refund")],
        "back twice": first.ask("refund", key="again"),
        "by another afterwards": second.ask("authorise"),
        "let go": [second.ask("void"), second.ask("void"), second.fetch("authorise")],
        "taken after that": second.ask("capture"),
    }
    late = Order(next(codes))
    told["let go before it came"] = [late.ask("void"), late.ask("authorise")]
    told["at once"] = redeemed_at_once(next(codes))
    with connection.schema_editor() as editor:
        editor.remove_constraint(Redemption, Redemption._meta.constraints[0])
    told["at once, without the constraint"] = redeemed_at_once(next(codes))
    return told


def redeemed_at_once(code: str) -> int:
    """How many of several orders that come at the same moment one voucher pays for."""
    together = Barrier(AT_ONCE)

    def authorise(order: Order) -> bool:
        together.wait()
        try:
            return order.ask("authorise")[0] == "succeeded"
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return sum(threads.map(authorise, [Order(code) for _ in range(AT_ONCE)]))


if __name__ == "__main__":
    tell(vouchers)
