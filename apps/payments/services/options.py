"""The ways to pay that a checkout offers, and the one that was chosen."""

from collections.abc import Mapping

from apps.core.types import Money
from apps.payments.registry import offered_names, payment_providers
from apps.payments.services.payments import takes_amount
from apps.payments.types import CheckoutOption

_FIELD = "payment_method"


def list_payment_options(
    *, amount: Money, payer_id: int | None, form: Mapping[str, str] | None = None
) -> dict[str, CheckoutOption | None]:
    """How each payment provider that takes the amount offers itself, by name, in the settings' order.

    None stands for one that may be asked for once the page is there (`find_payment_option`): where
    there is another way to pay, and no `form` to be shown once more, nobody waits for it.
    """
    taking = [name for name in offered_names() if _takes(name, amount, payer_id)]
    later = {name for name in taking if payment_providers.get(name).option_comes_later}
    at_once = _shown([one for one in taking if one not in later], amount, payer_id, form)
    if form is None and any(option.can_pay for option in at_once.values()):
        return {name: at_once.get(name) for name in taking if name in later or name in at_once}
    return dict(_shown(taking, amount, payer_id, form))


def find_payment_option(
    *, name: str, amount: Money, payer_id: int | None, form: Mapping[str, str] | None = None
) -> CheckoutOption | None:
    """How one payment provider offers itself; None where it does not, or there is none of that name."""
    if name not in offered_names() or not _takes(name, amount, payer_id):
        return None
    return payment_providers.get(name).option(amount=amount, payer_id=payer_id, form=form)


def read_payment_method(form: Mapping[str, str]) -> tuple[str, str]:
    """The payment provider's name and the payment token that a checkout's form stands for.

    Both are empty where no provider of that name is offered.
    """
    name, _, choice = form.get(_FIELD, "").partition(":")
    if name not in offered_names():
        return "", ""
    return name, payment_providers.get(name).token_of(choice, form=form)


def _takes(name: str, amount: Money, payer_id: int | None) -> bool:
    is_open_to = payer_id is not None or not payment_providers.get(name).needs_payer
    return is_open_to and takes_amount(gateway=name, amount=amount)


def _shown(
    names: list[str], amount: Money, payer_id: int | None, form: Mapping[str, str] | None
) -> dict[str, CheckoutOption]:
    chosen = form.get(_FIELD, "").partition(":")[0] if form else ""
    found: dict[str, CheckoutOption] = {}
    for name in names:
        typed = form if name == chosen else None
        if option := payment_providers.get(name).option(
            amount=amount, payer_id=payer_id, form=typed
        ):
            found[name] = option
    return found
