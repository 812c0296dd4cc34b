"""An address is judged by its own country's rules."""

import msgspec
import pytest

from apps.accounts.errors import InvalidAddress
from apps.accounts.rules import complaint_about_email, normalise_address, required_fields
from apps.core.types import Address

ADDRESSES = {
    "GB": Address(
        name="Ada Byron", line1="12 St James's Square", city="London", postcode="SW1Y 4JH",
        country="GB",
    ),
    "DE": Address(
        name="Emmy Noether", line1="Bunsenstraße 3", city="Göttingen", postcode="37073",
        country="DE",
    ),
    "US": Address(
        name="Grace Hopper", line1="1 Broadway", city="New York", region="New York",
        postcode="10004", country="US",
    ),
    "IE": Address(name="George Boole", line1="5 Grenville Place", city="Cork", country="IE"),
}  # fmt: skip


def errors_of(example: str, /, **changes: str) -> dict[str, str]:
    with pytest.raises(InvalidAddress) as refusal:
        normalise_address(msgspec.structs.replace(ADDRESSES[example], **changes))
    errors: dict[str, str] = refusal.value.details["errors"]
    return errors


class TestNormaliseAddress:
    @pytest.mark.parametrize("country", ADDRESSES)
    def test_lets_a_good_address_through(self, country: str) -> None:
        given = ADDRESSES[country]

        normal = normalise_address(given)

        assert (normal.name, normal.line1, normal.postcode) == (
            given.name,
            given.line1,
            given.postcode,
        )
        assert normal.city.casefold() == given.city.casefold()

    def test_puts_the_address_into_the_countrys_form(self) -> None:
        given = msgspec.structs.replace(
            ADDRESSES["US"],
            name=" Grace Hopper ",
            country="us",
            line2=" 2nd floor ",
            phone=" 1 ",
            company=" Navy ",
        )

        normal = normalise_address(given)

        assert (normal.country, normal.region, normal.city) == ("US", "NY", "NEW YORK")
        assert (normal.name, normal.line2, normal.phone, normal.company) == (
            "Grace Hopper",
            "2nd floor",
            "1",
            "Navy",
        )

    def test_changes_nothing_the_second_time(self) -> None:
        once = normalise_address(ADDRESSES["US"])

        assert normalise_address(once) == once

    @pytest.mark.parametrize(
        ("country", "field"),
        [
            ("GB", "postcode"),
            ("GB", "city"),
            ("GB", "line1"),
            ("GB", "name"),
            ("DE", "postcode"),
            ("US", "region"),
        ],
    )
    def test_misses_what_the_country_requires(self, country: str, field: str) -> None:
        assert errors_of(country, **{field: " "}) == {field: "This field is required."}

    @pytest.mark.parametrize(
        ("country", "field", "value"),
        [
            ("GB", "postcode", "37073"),
            ("DE", "postcode", "SW1Y 4JH"),
            ("US", "region", "Bavaria"),
            ("GB", "country", "XX"),
            ("GB", "country", "1!"),
        ],
    )
    def test_refuses_what_does_not_fit_the_country(
        self, country: str, field: str, value: str
    ) -> None:
        assert errors_of(country, **{field: value}) == {
            field: "This value does not fit the country."
        }

    def test_names_every_field_that_is_wrong(self) -> None:
        assert set(errors_of("GB", name="", postcode="1", city="")) == {
            "name",
            "postcode",
            "city",
        }


class TestRequiredFields:
    @pytest.mark.parametrize(
        ("country", "fields"),
        [
            ("GB", {"name", "line1", "city", "postcode"}),
            ("US", {"name", "line1", "city", "postcode", "region"}),
            ("HK", {"name", "line1", "region"}),
        ],
    )
    def test_are_those_of_the_country(self, country: str, fields: set[str]) -> None:
        assert required_fields(country) == fields


class TestComplaintAboutEmail:
    @pytest.mark.parametrize(
        ("email", "said"),
        [
            ("ada@example.com", ""),
            ("info@bücher.example", ""),
            ("info@straße.example", ""),
            ("jörg@example.com", "Before the @"),
            ("用户@例え.jp", "Before the @"),
            ("ada@☕.example", "this domain"),
            ("ada@" + "ü" * 64 + ".example", "this domain"),
        ],
    )
    def test_is_about_where_no_mail_arrives(self, email: str, said: str) -> None:
        complaint = complaint_about_email(email)

        assert said in complaint
        assert bool(said) is bool(complaint)
