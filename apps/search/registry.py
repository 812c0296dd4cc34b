"""What other apps and add-ons say of a product, for its page and its JSON."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.search.types import ProductExtra

# The id of a product in, plain values out; None for a product of which there is nothing to say.
Describe = Callable[[int], Mapping[str, Any] | None]


@dataclass(frozen=True, kw_only=True)
class _Description:
    name: str
    template: str
    describe: Describe


_descriptions: dict[str, _Description] = {}


def describes_products(*, name: str, template: str) -> Callable[[Describe], Describe]:
    """Say on every product's page and in its JSON, under a name, what the function returns.

    The page includes the template with `extra.data`; the API shows the data as they are. The function is
    asked once a page, never for lists. Call this when the app is ready. Raises ValueError for a name that
    is taken.
    """

    def register(describe: Describe) -> Describe:
        if (
            _descriptions.setdefault(
                name, _Description(name=name, template=template, describe=describe)
            ).describe
            is not describe
        ):
            msg = f"{name} is said of products already"
            raise ValueError(msg)
        return describe

    return register


def list_extras(product_id: int) -> tuple[ProductExtra, ...]:
    """What there is to say of a product, in the order of the apps."""
    said = ((one, one.describe(product_id)) for one in _descriptions.values())
    return tuple(
        ProductExtra(name=one.name, template=one.template, data=dict(data))
        for one, data in said
        if data is not None
    )
