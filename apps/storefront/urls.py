"""The shopper's pages."""

from django.contrib.auth import views as auth
from django.urls import path, reverse_lazy

from apps.storefront.views import account, browsing, cart, checkout

app_name = "storefront"

urlpatterns = [
    path("", browsing.home, name="home"),
    path("c/<slug:slug>/", browsing.category, name="category"),
    path("p/<slug:slug>/", browsing.product, name="product"),
    path("search/", browsing.search, name="search"),
    path("choose/", browsing.choose, name="choose"),
    path("cart/", cart.cart, name="cart"),
    path("cart/add/", cart.add, name="cart-add"),
    path("cart/change/", cart.change, name="cart-change"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("checkout/place/", checkout.place, name="place"),
    path("orders/<uuid:order_id>/<str:key>/", checkout.order_status, name="order-status"),
    path("demo-bank/<uuid:payment_id>/", checkout.fake_bank, name="fake-bank"),
    path("account/", account.account, name="account"),
    path("account/sign-up/", account.sign_up, name="sign-up"),
    path("account/addresses/add/", account.add_address, name="address-add"),
    path(
        "account/addresses/<int:address_id>/delete/", account.delete_address, name="address-delete"
    ),
    path(
        "account/log-in/",
        auth.LoginView.as_view(template_name="storefront/log_in.html"),
        name="login",
    ),
    path("account/log-out/", auth.LogoutView.as_view(), name="logout"),
    path(
        "account/password/",
        auth.PasswordResetView.as_view(
            template_name="storefront/password_reset.html",
            email_template_name="notifications/password_reset.txt",
            subject_template_name="notifications/password_reset.subject.txt",
            success_url=reverse_lazy("storefront:password-sent"),
        ),
        name="password-reset",
    ),
    path(
        "account/password/sent/",
        auth.PasswordResetDoneView.as_view(template_name="storefront/password_sent.html"),
        name="password-sent",
    ),
    path(
        "account/password/<uidb64>/<token>/",
        auth.PasswordResetConfirmView.as_view(
            template_name="storefront/password_new.html",
            success_url=reverse_lazy("storefront:login"),
        ),
        name="password-new",
    ),
]
