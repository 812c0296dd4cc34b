"""What one app may see of another: its services, selectors, events, errors, types and models."""

from collections.abc import Iterable

import grimp
import pytest

PUBLIC = frozenset({"services", "selectors", "events", "errors", "types", "models"})
# Edges build on the edges of core: a serializer on a serializer, an admin on an admin.
EDGE_ON_EDGE = {
    "api": {"api", "middleware"},
    "views": {"middleware"},
    "admin": {"admin"},
    "forms": {"forms"},
}


def imports() -> list[tuple[str, str]]:
    """Every import between the shop's modules."""
    graph = grimp.build_graph("apps", "ecommerce")
    return [
        (importer, imported)
        for importer in sorted(graph.modules)
        for imported in sorted(graph.find_modules_directly_imported_by(importer))
    ]


def trespasses(found: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The imports of one app from a file of another that is not public."""
    return [pair for pair in found if not _is_allowed(*pair)]


def _is_allowed(importer: str, imported: str) -> bool:
    _, app, file, *_ = [*importer.split("."), "", ""]
    _, owner, wanted, inside, *_ = [*imported.split("."), "", "", ""]
    between_apps = importer.startswith("apps.") and imported.startswith("apps.") and app != owner
    # Of another app's services the face is public, not the module behind it.
    is_face = wanted in PUBLIC and not (wanted == "services" and inside)
    if not between_apps or is_face:
        return True
    is_edge = wanted in EDGE_ON_EDGE.get("api" if app == "api" else file, ())
    if owner == "jobs":
        return file == wanted == "admin"
    is_open = wanted in {"rules", "registry"} or file == wanted == "gateways" or is_edge
    return owner == "core" and is_open


class TestThePublicSurface:
    def test_is_all_that_other_apps_import(self) -> None:
        assert trespasses(imports()) == []

    def test_is_looked_at_whole(self) -> None:
        assert ("apps.checkout.services.placement", "apps.orders.services") in imports()

    @pytest.mark.parametrize(
        ("importer", "imported", "allowed"),
        [
            ("apps.checkout.services.placement", "apps.orders.services", True),
            ("apps.checkout.services.placement", "apps.orders.services.intake", False),
            ("apps.checkout.services.placement", "apps.orders.rules", False),
            ("apps.checkout.services.placement", "apps.orders.gateways", False),
            ("apps.orders.services.transitions", "apps.orders.rules", True),
            ("apps.orders.rules", "apps.core.rules", True),
            ("apps.payments.gateways", "apps.core.gateways", True),
            ("apps.payments.registry", "apps.core.registry", True),
            ("apps.checkout.services.placement", "apps.payments.registry", False),
            ("apps.payments.services.payments", "apps.core.gateways", False),
            ("apps.orders.admin", "apps.core.admin", True),
            ("apps.orders.services.transitions", "apps.core.admin", False),
            ("apps.refunds.admin", "apps.orders.admin", False),
            ("apps.refunds.admin", "apps.jobs.admin", True),
            ("apps.refunds.services.payouts", "apps.jobs.admin", False),
            ("apps.storefront.forms", "apps.core.forms", True),
            ("apps.orders.services.transitions", "apps.core.forms", False),
            ("apps.payments.api.views", "apps.core.api.views", True),
            ("apps.api.orders.views", "apps.core.api.views", True),
            ("apps.api.orders.views", "apps.checkout.services", True),
            ("apps.api.orders.views", "apps.checkout.rules", False),
            ("apps.checkout.services.placement", "apps.api.carts.views", False),
            ("apps.notifications.handlers", "apps.orders.handlers", False),
        ],
    )
    def test_is_guarded(self, importer: str, imported: str, allowed: bool) -> None:
        assert (trespasses([(importer, imported)]) == []) is allowed
