"""The shopper's pages."""

from django.contrib.auth import views as auth
from django.urls import path

from apps.storefront.views import (
    account,
    cart,
    catalogue,
    checkout,
    localizations,
    machines,
    returns,
    sessions,
)

app_name = "storefront"

urlpatterns = [
    path("", catalogue.home, name="home"),
    path("c/<slug:slug>/", catalogue.category, name="category"),
    path("p/<slug:slug>/", catalogue.product, name="product"),
    path("search/", catalogue.search, name="search"),
    path("manifest.webmanifest", machines.manifest, name="manifest"),
    path("choose/", localizations.choose, name="choose"),
    path("elsewhere/", localizations.elsewhere, name="elsewhere"),
    path("cart/", cart.cart, name="cart"),
    path("cart/add/", cart.add, name="cart-add"),
    path("cart/change/", cart.change, name="cart-change"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("checkout/place/", checkout.place, name="place"),
    path(
        "checkout/pay-by/<slug:provider>/<str:currency>/",
        checkout.payment_option,
        name="payment-option",
    ),
    path("orders/<uuid:order_id>/<str:key>/", checkout.order_status, name="order-status"),
    path("orders/<uuid:order_id>/<str:key>/pay/", checkout.pay, name="pay"),
    path("orders/<uuid:order_id>/<str:key>/return/", returns.send_back, name="send-back"),
    path("pay/return/<uuid:payment_id>/", checkout.payment_return, name="payment-return"),
    path("account/", account.account, name="account"),
    path("account/sign-up/", account.sign_up, name="sign-up"),
    path("account/sign-up/sent/", account.sign_up_sent, name="sign-up-sent"),
    path("account/open/<str:key>/", account.open_account, name="account-open"),
    path("account/addresses/add/", account.add_address, name="address-add"),
    path(
        "account/addresses/<int:address_id>/delete/", account.delete_address, name="address-delete"
    ),
    path("account/log-in/", sessions.LogIn.as_view(), name="login"),
    path("account/log-out/", auth.LogoutView.as_view(), name="logout"),
    path("account/password/", sessions.ForgottenPassword.as_view(), name="password-reset"),
    path("account/password/sent/", sessions.PasswordSent.as_view(), name="password-sent"),
    path("account/password/<uidb64>/<token>/", sessions.NewPassword.as_view(), name="password-new"),
]

# What is asked for by machines, of all markets together.
for_machines = (
    [
        path("robots.txt", machines.robots, name="robots"),
        path("sitemap.xml", machines.sitemap, name="sitemap"),
        path(
            "sitemaps/<slug:market>/<str:language>/<int:number>.xml",
            machines.sitemap_part,
            name="sitemap-part",
        ),
    ],
    "machines",
)
