"""Accounts are opened once per e-mail address, and tokens name their holder and no other."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
import time_machine
from django.conf import settings
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from apps.accounts import services
from apps.accounts.errors import (
    EmailTaken,
    InvalidAddress,
    InvalidApiKey,
    InvalidToken,
    LinkUsed,
    WrongCredentials,
)
from apps.accounts.models import AccessRequest, ApiKey, SavedAddress, User, Wish
from apps.accounts.selectors import check_caller, get_customer, key_of_request, list_addresses
from apps.accounts.services import issue_api_key, read_api_key
from apps.core.errors import InvalidInput, NotFound
from apps.core.models import new_id
from apps.core.types import Address
from apps.events.models import OutboxMessage
from apps.events.services.personal_data import add_personal_data
from tests.factories.accounts import PASSWORD, UserFactory
from tests.factories.orders import LONDON

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def register(email: str = "ada@example.com", password: str = PASSWORD) -> User:
    return services.register_customer(
        email=email, password=password, name="Ada Byron", language="de"
    )


class TestOpenAccount:
    def ask(self, wish: Wish = Wish.ACCOUNT) -> str:
        services.request_access(wish=wish, email="ada@example.com", language="de", name="Ada")
        return key_of_request(AccessRequest.objects.latest("id"))

    def test_is_done_once_by_whoever_was_mailed_the_key(self) -> None:
        key, other = self.ask(), self.ask()

        customer = services.open_account(key=key, password=PASSWORD)

        assert (customer.email, customer.language, customer.is_staff) == (
            "ada@example.com", "de", False,
        )  # fmt: skip
        for late in (key, other):
            with pytest.raises(LinkUsed):
                services.open_account(key=late, password=PASSWORD)

    def test_is_refused_without_a_key_for_it(self) -> None:
        aged = self.ask()
        late = datetime.now(UTC) + timedelta(days=2, minutes=1)
        with time_machine.travel(late), pytest.raises(LinkUsed):
            services.open_account(key=aged, password=PASSWORD)
        for key in ("made-up", self.ask(Wish.PASSWORD)):
            with pytest.raises(LinkUsed):
                services.open_account(key=key, password=PASSWORD)

    def test_keeps_the_key_for_a_better_password(self) -> None:
        key = self.ask()
        with pytest.raises(InvalidInput):
            services.open_account(key=key, password="short")

        assert services.open_account(key=key, password=PASSWORD)


class TestRegisterCustomer:
    def test_opens_an_account_and_announces_it(self) -> None:
        customer = register()

        assert customer.check_password(PASSWORD)
        assert (customer.is_staff, customer.is_superuser, customer.language) == (
            False,
            False,
            "de",
        )
        message = OutboxMessage.objects.get()
        assert message.type == "accounts.customer.registered.v1"
        assert message.payload == {
            "customer_id": customer.pk,
            "language": "de",
        }

    @pytest.mark.parametrize("email", ["ada@example.com", "ADA@Example.com", "Ada@EXAMPLE.COM"])
    def test_refuses_an_address_that_is_taken_in_any_case(self, email: str) -> None:
        register("ada@example.com")

        with pytest.raises(EmailTaken):
            register(email)

        assert (User.objects.count(), OutboxMessage.objects.count()) == (1, 1)

    @pytest.mark.parametrize("password", ["short", "password", "ada@example.com"])
    def test_refuses_a_weak_password(self, password: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            register(password=password)

        assert list(refusal.value.details["errors"]) == ["password"]
        assert not User.objects.exists()


class TestTheTable:
    def test_refuses_a_second_account_in_another_case(self) -> None:
        UserFactory.create(email="ada@example.com")

        with pytest.raises(IntegrityError, match="accounts_user_email_unique_in_any_case"):
            UserFactory.create(email="ADA@example.com")


class TestUpdateCustomer:
    def test_changes_and_announces(self) -> None:
        customer = UserFactory.create()

        services.update_customer(customer_id=customer.pk, name="Augusta", language="de")

        customer.refresh_from_db()
        assert (customer.name, customer.language) == ("Augusta", "de")
        message = OutboxMessage.objects.get()
        assert message.type == "accounts.customer.updated.v1"
        assert add_personal_data([message]) == {}
        assert message.payload["name"] == "Augusta"


class TestLogInForTokens:
    @pytest.mark.parametrize("email", ["ada@example.com", "ADA@example.com"])
    def test_gives_tokens_that_name_the_customer(self, email: str) -> None:
        customer = register()

        pair = services.log_in_for_tokens(email=email, password=PASSWORD)

        assert services.read_access_token(pair.access).customer_id == customer.pk
        assert pair.expires_in == 600

    @pytest.mark.parametrize(
        ("email", "password"), [("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD)]
    )
    def test_refuses_what_does_not_belong_together(self, email: str, password: str) -> None:
        register()

        with pytest.raises(WrongCredentials):
            services.log_in_for_tokens(email=email, password=password)

    def test_refuses_a_closed_account(self) -> None:
        UserFactory.create(email="ada@example.com", is_active=False)

        with pytest.raises(WrongCredentials):
            services.log_in_for_tokens(email="ada@example.com", password=PASSWORD)


class TestReadAccessToken:
    def pair(self) -> tuple[str, str]:
        register()
        issued = services.log_in_for_tokens(email="ada@example.com", password=PASSWORD)
        return issued.access, issued.refresh

    def test_asks_no_database(self, django_assert_num_queries) -> None:
        access, _ = self.pair()

        with django_assert_num_queries(0):
            services.read_access_token(access)

    def test_refuses_a_refresh_token(self) -> None:
        _, refresh = self.pair()

        with pytest.raises(InvalidToken):
            services.read_access_token(refresh)

    def test_refuses_a_token_that_has_expired(self) -> None:
        with time_machine.travel(NOW, tick=False):
            access, _ = self.pair()
        with time_machine.travel(NOW + timedelta(minutes=9, seconds=59), tick=False):
            services.read_access_token(access)

        with (
            time_machine.travel(NOW + timedelta(minutes=10), tick=False),
            pytest.raises(InvalidToken),
        ):
            services.read_access_token(access)

    def test_refuses_a_token_that_was_changed(self) -> None:
        header, payload, signature = self.pair()[0].split(".")
        other = jwt.encode({"sub": "1"}, "x" * 32).split(".")[1]

        for token in (
            f"{header}.{other}.{signature}",
            f"{header}.{payload}.{signature[:-4]}AAAA",
            f"{header}.{payload}.",
            "",
            "nonsense",
        ):
            with pytest.raises(InvalidToken):
                services.read_access_token(token)

    @pytest.mark.parametrize(
        ("claims", "algorithm"),
        [
            ({}, "none"),
            ({"iss": "another"}, "HS256"),
            ({"use": "anything"}, "HS256"),
            ({"exp": None}, "HS256"),
            ({"sub": None}, "HS256"),
            ({"fam": None}, "HS256"),
            ({"fpr": None}, "HS256"),
        ],
    )
    def test_refuses_a_token_that_says_something_else(
        self, claims: dict[str, object], algorithm: str
    ) -> None:
        good = {
            "iss": "shop",
            "sub": "1",
            "use": "access",
            "fam": str(new_id()),
            "fpr": "0",
            "exp": datetime.now(UTC) + timedelta(minutes=1),
        }
        key = settings.SECRET_KEY
        assert services.read_access_token(jwt.encode(good, key)).customer_id == 1
        changed = {name: value for name, value in {**good, **claims}.items() if value is not None}

        with pytest.raises(InvalidToken):
            services.read_access_token(
                jwt.encode(changed, None if algorithm == "none" else key, algorithm=algorithm)
            )


class TestRefreshTokens:
    def test_gives_the_next_pair(self) -> None:
        customer = register()
        first = services.log_in_for_tokens(email="ada@example.com", password=PASSWORD)

        second = services.refresh_tokens(refresh=first.refresh)

        assert services.read_access_token(second.access).customer_id == customer.pk

    def test_ends_the_log_in_when_one_comes_a_second_time(self) -> None:
        register()
        stolen = services.log_in_for_tokens(email="ada@example.com", password=PASSWORD)
        another = services.log_in_for_tokens(email="ada@example.com", password=PASSWORD)
        newest = services.refresh_tokens(refresh=stolen.refresh)

        for refresh in (stolen.refresh, newest.refresh):
            with pytest.raises(InvalidToken):
                services.refresh_tokens(refresh=refresh)
        with pytest.raises(InvalidToken):
            check_caller(services.read_access_token(newest.access))
        assert services.refresh_tokens(refresh=another.refresh)

    def test_refuses_an_access_token(self) -> None:
        register()
        pair = services.log_in_for_tokens(email="ada@example.com", password=PASSWORD)

        with pytest.raises(InvalidToken):
            services.refresh_tokens(refresh=pair.access)

    def test_ends_with_the_password(self) -> None:
        customer = register()
        pair = services.log_in_for_tokens(email="ada@example.com", password=PASSWORD)
        customer.set_password("thirteen clean floors")
        customer.save()

        with pytest.raises(InvalidToken):
            services.refresh_tokens(refresh=pair.refresh)

    def test_ends_with_the_account(self) -> None:
        customer = register()
        pair = services.log_in_for_tokens(email="ada@example.com", password=PASSWORD)
        User.objects.filter(pk=customer.pk).update(is_active=False)

        with pytest.raises(InvalidToken):
            services.refresh_tokens(refresh=pair.refresh)
        with pytest.raises(InvalidToken):
            get_customer(customer.pk)


class TestTheAddressBook:
    def save(self, customer: User, *, address: Address = LONDON, **kwargs: bool) -> SavedAddress:
        return services.save_address(customer_id=customer.pk, address=address, **kwargs)

    def test_makes_the_first_address_the_default(self) -> None:
        customer = UserFactory.create()

        first, second = self.save(customer), self.save(customer)

        assert (first.is_default, second.is_default) == (True, False)
        assert list(list_addresses(customer)) == [first, second]
        assert first.as_address.postcode == "SW1Y 4JH"

    def test_has_one_default(self) -> None:
        customer, other = UserFactory.create(), UserFactory.create()
        others = self.save(other)
        self.save(customer)

        second = self.save(customer, is_default=True)

        defaults = SavedAddress.objects.filter(is_default=True)
        assert set(defaults) == {second, others}

    def test_keeps_no_address_that_cannot_be_delivered_to(self) -> None:
        customer = UserFactory.create()
        nowhere = Address(name="Ada", line1="12", city="", postcode="1", country="GB")

        with pytest.raises(InvalidAddress):
            self.save(customer, address=nowhere)

        assert not SavedAddress.objects.exists()

    def test_lets_owners_delete_their_own_and_nobody_elses(self) -> None:
        customer, other = UserFactory.create(), UserFactory.create()
        kept = self.save(customer)

        with pytest.raises(NotFound):
            services.delete_address(customer_id=other.pk, address_id=kept.pk)
        assert list(list_addresses(customer)) == [kept]

        services.delete_address(customer_id=customer.pk, address_id=kept.pk)
        assert list(list_addresses(customer)) == []


class TestIssueApiKey:
    def test_keeps_a_digest_only(self) -> None:
        key = issue_api_key(name="WMS", scopes=["inventory:write"])

        kept = ApiKey.objects.get()
        assert key.startswith("shop_")
        assert len(key) > 40
        assert key not in str(vars(kept))

    def test_knows_no_other_scopes(self) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            issue_api_key(name="WMS", scopes=["everything"])


class TestReadApiKey:
    def test_names_the_partner_and_notes_the_use_once_a_minute(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        key = issue_api_key(name="WMS", scopes=["inventory:write"])

        for statements in (2, 1):
            with django_assert_num_queries(statements):
                partner = read_api_key(key)

        assert (partner.name, partner.scopes) == ("WMS", {"inventory:write"})
        assert ApiKey.objects.get().last_used_at is not None

    @pytest.mark.parametrize("wrong", ["", "shop_", "shop_wrong", "\x00", "é"])
    def test_refuses_any_other(self, wrong: str) -> None:
        issue_api_key(name="WMS", scopes=["inventory:write"])

        with pytest.raises(InvalidApiKey):
            read_api_key(wrong)
