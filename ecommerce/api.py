"""The whole public API at a glance."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path, re_path

from apps.accounts.api import views as accounts
from apps.cart.api import views as cart
from apps.checkout.api import views as checkout
from apps.events.api import views as events
from apps.inventory.api import views as inventory
from apps.orders.api import views as orders
from apps.payments.api import views as payments
from apps.shipping.api import views as shipping
from apps.storefront.api import views as storefront

app_name = "api"


def _schema(request: HttpRequest) -> HttpResponseBase:
    """The API's description (OpenAPI 3)."""
    from drf_spectacular.views import SpectacularAPIView  # noqa: PLC0415 - heavy, and seldom asked for

    return SpectacularAPIView.as_view()(request)


def _docs(request: HttpRequest) -> HttpResponseBase:
    """The description as a page."""
    from drf_spectacular.views import SpectacularSwaggerSplitView  # noqa: PLC0415

    return SpectacularSwaggerSplitView.as_view(url_name="api:schema")(request)


urlpatterns = [
    path("markets/", storefront.MarketsView.as_view(), name="markets"),
    path("categories/", storefront.CategoriesView.as_view(), name="categories"),
    path("products/", storefront.ProductsView.as_view(), name="products"),
    path("products/<slug:slug>/", storefront.ProductView.as_view(), name="product"),
    path("carts/", cart.CartsView.as_view(), name="carts"),
    path("carts/<uuid:cart_id>/", cart.CartView.as_view(), name="cart"),
    path("carts/<uuid:cart_id>/lines/", cart.CartLinesView.as_view(), name="cart-lines"),
    path("carts/<uuid:cart_id>/lines/<path:sku>/", cart.CartLineView.as_view(), name="cart-line"),
    path("shipping-options/", checkout.ShippingOptionsView.as_view(), name="shipping-options"),
    path("quotes/", checkout.QuotesView.as_view(), name="quotes"),
    path("orders/", checkout.OrdersView.as_view(), name="orders"),
    path("orders/<uuid:order_id>/status/", checkout.OrderStatusView.as_view(), name="order-status"),
    path(
        "orders/<uuid:order_id>/refund-requests/",
        storefront.RefundRequestsView.as_view(),
        name="refund-requests",
    ),
    path(
        "orders/<uuid:order_id>/refund-requests/<uuid:request_id>/pictures/",
        storefront.RefundPicturesView.as_view(),
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
    re_path("^inventory/levels/?$", inventory.LevelsView.as_view(), name="inventory-levels"),
    path("downstream/receipts/", events.ReceiptsView.as_view(), name="downstream-receipts"),
    path("tokens/", accounts.TokensView.as_view(), name="tokens"),
    path("tokens/refresh/", accounts.RefreshView.as_view(), name="tokens-refresh"),
    path("tokens/revoke/", accounts.RevokeView.as_view(), name="tokens-revoke"),
    path("customers/", accounts.CustomersView.as_view(), name="customers"),
    path("me/", accounts.MeView.as_view(), name="me"),
    path("me/orders/", orders.MyOrdersView.as_view(), name="my-orders"),
    path("schema/", _schema, name="schema"),
    path("docs/", _docs, name="docs"),
]
