"""The whole public API at a glance."""

from django.apps import apps
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLResolver, include, path, re_path

from apps.api.carts import views as carts
from apps.api.customers import views as customers
from apps.api.inventory_levels import views as inventory_levels
from apps.api.orders import views as orders
from apps.api.products import views as products
from apps.api.quotes import views as quotes
from apps.api.refund_requests import views as refund_requests
from apps.api.tokens import views as tokens
from apps.downstream.api import views as downstream
from apps.payments.api import views as payments
from apps.shipping.api import views as shipping

app_name = "api"


def _of_add_ons() -> list[URLResolver]:
    """The routes that installed apps bring (`api` in their configuration), each below its own label."""
    named = ((config.label, getattr(config, "api", "")) for config in apps.get_app_configs())
    return [path(f"{label}/", include(routes)) for label, routes in named if routes]


def _schema(request: HttpRequest) -> HttpResponseBase:
    """The API's description (OpenAPI 3)."""
    from drf_spectacular.views import SpectacularAPIView  # heavy, and seldom asked for

    return SpectacularAPIView.as_view()(request)


def _docs(request: HttpRequest) -> HttpResponseBase:
    """The description as a page."""
    from drf_spectacular.views import SpectacularSwaggerSplitView

    return SpectacularSwaggerSplitView.as_view(url_name="api:schema")(request)


urlpatterns = [
    path("markets/", products.MarketsView.as_view(), name="markets"),
    path("categories/", products.CategoriesView.as_view(), name="categories"),
    path("products/", products.ProductsView.as_view(), name="products"),
    path("products/<slug:slug>/", products.ProductView.as_view(), name="product"),
    path("carts/", carts.CartsView.as_view(), name="carts"),
    path("carts/<uuid:cart_id>/", carts.CartView.as_view(), name="cart"),
    path("carts/<uuid:cart_id>/lines/", carts.CartLinesView.as_view(), name="cart-lines"),
    path("carts/<uuid:cart_id>/lines/<path:sku>/", carts.CartLineView.as_view(), name="cart-line"),
    path("shipping-options/", quotes.ShippingOptionsView.as_view(), name="shipping-options"),
    path("quotes/", quotes.QuotesView.as_view(), name="quotes"),
    path("orders/", orders.OrdersView.as_view(), name="orders"),
    path("orders/<uuid:order_id>/status/", orders.OrderStatusView.as_view(), name="order-status"),
    path(
        "orders/<uuid:order_id>/payments/",
        orders.OrderPaymentsView.as_view(),
        name="order-payments",
    ),
    path(
        "orders/<uuid:order_id>/refund-requests/",
        refund_requests.RefundRequestsView.as_view(),
        name="refund-requests",
    ),
    path(
        "orders/<uuid:order_id>/refund-requests/<uuid:request_id>/pictures/",
        refund_requests.RefundPicturesView.as_view(),
        name="refund-pictures",
    ),
    path(
        "fulfilment/callbacks/",
        shipping.FulfilmentCallbacksView.as_view(),
        name="fulfilment-callbacks",
    ),
    path(
        "payments/webhooks/<slug:payment_provider>/",
        payments.WebhooksView.as_view(),
        name="webhooks",
    ),
    re_path("^inventory/levels/?$", inventory_levels.LevelsView.as_view(), name="inventory-levels"),
    path("downstream/receipts/", downstream.ReceiptsView.as_view(), name="downstream-receipts"),
    path("tokens/", tokens.TokensView.as_view(), name="tokens"),
    path("tokens/refresh/", tokens.RefreshView.as_view(), name="tokens-refresh"),
    path("tokens/revoke/", tokens.RevokeView.as_view(), name="tokens-revoke"),
    path("customers/", customers.CustomersView.as_view(), name="customers"),
    path("me/", customers.MeView.as_view(), name="me"),
    path("me/orders/", orders.MyOrdersView.as_view(), name="my-orders"),
    *_of_add_ons(),
    path("schema/", _schema, name="schema"),
    path("docs/", _docs, name="docs"),
]
