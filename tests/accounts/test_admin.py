"""Keys for partners' systems are issued once; rights are given by owners only, and by nobody to himself."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.accounts.models import ApiKey, User
from apps.accounts.services import read_api_key
from tests.factories.accounts import PASSWORD, UserFactory
from tests.factories.shop import stock_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


class TestWhatOthersHave:
    """What other apps declare of a customer stands on the customer's page."""

    def test_is_found_by_an_address_with_signs_in_it(self, staff: Client) -> None:
        customer = UserFactory.create(email="ada+soap&co@example.com")
        address = reverse("admin:accounts_customer_change", args=[customer.pk])

        page = staff.get(address).content.decode()

        assert "See also" in page
        assert "/admin/orders/order/?q=ada%2Bsoap%26co%40example.com" in page

    def test_leads_nowhere_where_nothing_is_elsewhere(self, staff: Client) -> None:
        product = stock_variant(price="4.20").product

        page = staff.get(
            reverse("admin:catalog_product_change", args=[product.pk])
        ).content.decode()

        assert "What belongs to it" in page
        assert "See also" not in page


class TestApiKeys:
    def test_are_shown_once_when_issued(self, staff: Client) -> None:
        add = reverse("admin:accounts_apikey_add")
        body = {"name": "Harbour WMS", "scopes": ["inventory:write"]}

        response = staff.post(add, body, follow=True)

        words = next(
            str(message).split()
            for message in response.context["messages"]
            if "once" in str(message)
        )
        assert read_api_key(words[-1]).name == "Harbour WMS"
        assert words[-1] not in staff.get(response.request["PATH_INFO"]).content.decode()

    def test_say_in_words_what_they_may(self, staff: Client) -> None:
        ApiKey.objects.create(name="WMS", digest="0", scopes=["inventory:write"])

        page = staff.get(reverse("admin:accounts_apikey_changelist")).content.decode()

        assert "report stock levels" in page
        assert "inventory:write" not in page

    def test_are_switched_off_and_never_deleted(self, staff: Client) -> None:
        staff.post(
            reverse("admin:accounts_apikey_add"), {"name": "WMS", "scopes": ["inventory:write"]}
        )
        key = ApiKey.objects.get()
        change = reverse("admin:accounts_apikey_change", args=[key.pk])

        staff.post(change, {"name": "WMS", "scopes": ["inventory:write"]})
        deletion = staff.post(
            reverse("admin:accounts_apikey_delete", args=[key.pk]), {"post": "yes"}
        )

        assert deletion.status_code == 403
        assert (ApiKey.objects.get().is_active, ApiKey.objects.get().digest) == (False, key.digest)


@pytest.fixture
def desk() -> User:
    """A colleague with every right there is but those of an owner."""
    colleague: User = UserFactory.create(is_staff=True)
    colleague.user_permissions.set(Permission.objects.all())
    return colleague


@pytest.fixture
def at_desk(desk: User) -> Client:
    client = Client()
    client.force_login(desk)
    return client


def page_of(person: User, screen: str, page: str = "change") -> str:
    if page == "password":
        return page_of(person, screen).replace("/change/", "/password/")
    return reverse(f"admin:accounts_{screen}_{page}", args=[person.pk])


RAISED = {"is_superuser": "on", "is_staff": "on", "is_active": "on"}
SCREENS = ("customer", "colleague", "user")


class TestRights:
    @pytest.mark.parametrize("screen", SCREENS)
    @pytest.mark.parametrize("whose", ["own", "owner", "colleague"])
    def test_of_who_works_here_are_changed_by_no_colleague(
        self, desk: User, at_desk: Client, screen: str, whose: str
    ) -> None:
        owner = UserFactory.create(is_staff=True, is_superuser=True)
        person = {"own": desk, "owner": owner, "colleague": UserFactory.create(is_staff=True)}
        before = User.objects.filter(pk=person[whose].pk).values().get()
        body = {"email": "mine@example.com", "name": "X", "language": "en", **RAISED}
        password = {"password1": "a new one of mine", "password2": "a new one of mine"}

        for page, sent in (("change", body), ("password", password)):
            at_desk.post(page_of(person[whose], screen, page), sent)

        assert User.objects.filter(pk=person[whose].pk).values().get() == before

    def test_do_not_come_with_a_customers_page(self, at_desk: Client) -> None:
        customer = UserFactory.create()
        page = page_of(customer, "customer")
        empty = {"addresses-TOTAL_FORMS": 0, "addresses-INITIAL_FORMS": 0}
        body = {"email": customer.email, "name": "Ada King", "language": "en", **RAISED, **empty}

        at_desk.post(page, body)

        customer.refresh_from_db()
        assert (customer.name, customer.is_staff, customer.is_superuser) == (
            "Ada King", False, False,
        )  # fmt: skip

    def test_of_a_role_are_changed_by_no_colleague(self, desk: User, at_desk: Client) -> None:
        role = Group.objects.create(name="Desk")
        desk.groups.add(role)
        every = Permission.objects.values_list("pk", flat=True)

        change = reverse("admin:auth_group_change", args=[role.pk])
        at_desk.post(change, {"name": "Desk", "permissions": every})

        assert not role.permissions.exists()

    def test_are_given_by_owners_to_others_alone(self, staff: Client, desk: User) -> None:
        own = User.objects.get(is_superuser=True)

        for person in (desk, own):
            body = {"email": person.email, "name": "X", "language": "en", "is_staff": "on"}
            staff.post(page_of(person, "colleague"), {**body, "is_active": "on"})
        staff.post(page_of(desk, "colleague"), {**body, "email": desk.email, **RAISED})

        assert User.objects.get(pk=desk.pk).is_superuser
        assert User.objects.get(pk=own.pk).is_superuser

    def test_make_a_colleague_of_who_is_added_as_one(self, staff: Client) -> None:
        body = {"password1": PASSWORD, "password2": PASSWORD, "name": "Kim"}

        for screen in ("customer", "colleague"):
            add = reverse(f"admin:accounts_{screen}_add")
            inline = {"addresses-TOTAL_FORMS": 0, "addresses-INITIAL_FORMS": 0}
            staff.post(add, {"email": f"{screen}@example.com", **body, **inline})

        assert not User.objects.get(email="customer@example.com").is_staff
        assert User.objects.get(email="colleague@example.com").is_staff


class TestScreens:
    @pytest.mark.parametrize(
        ("screen", "shown", "hidden"),
        [("customer", "eve@", "kim@"), ("colleague", "kim@", "eve@")],
    )
    def test_show_customers_or_colleagues(
        self, at_desk: Client, screen: str, shown: str, hidden: str
    ) -> None:
        UserFactory.create(email="eve@example.com")
        UserFactory.create(email="kim@example.com", is_staff=True)

        page = at_desk.get(reverse(f"admin:accounts_{screen}_changelist")).text

        assert shown in page
        assert hidden not in page

    def test_let_forms_find_customers_alone(self, at_desk: Client) -> None:
        UserFactory.create(email="eve@example.com")
        UserFactory.create(email="kim@example.com", is_staff=True)
        field = {"app_label": "accounts", "model_name": "savedaddress", "field_name": "customer"}

        found = at_desk.get(reverse("admin:autocomplete"), {**field, "term": "@example.com"})

        assert [one["text"] for one in found.json()["results"]] == ["eve@example.com"]


class TestSessions:
    def test_of_staff_last_hours(self, settings: Settings) -> None:
        settings.STAFF_SESSION_HOURS = 3
        for is_staff, most in ((True, 3), (False, 14 * 24)):
            client = Client(HTTP_ORIGIN="http://testserver")
            person = UserFactory.create(is_staff=is_staff)
            client.force_login(person)
            left = Session.objects.get(pk=client.session.session_key).expire_date
            hours = (left - datetime.now(UTC)).total_seconds() / 3600

            assert most - 0.1 < hours <= most
