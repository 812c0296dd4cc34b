"""Rounding and the numbers that people read aloud."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core import rules
from apps.core.models import new_id
from apps.core.rules import (
    ascii_address,
    digest_of,
    folded,
    is_signed,
    public_number,
    round_money,
    rounded_share,
    searchable,
    sign,
    spread,
)
from apps.core.types import Money, exponent_of

CURRENCIES = st.sampled_from(["GBP", "JPY", "KWD", "CLF"])
AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=6)


class TestRoundMoney:
    @pytest.mark.parametrize(
        ("amount", "currency", "minor"),
        [
            ("1.005", "GBP", 101),
            ("1.0049999", "GBP", 100),
            ("-1.005", "GBP", -101),
            ("2.5", "JPY", 3),
            ("-2.5", "JPY", -3),
            ("0.0005", "KWD", 1),
            ("0.00049", "KWD", 0),
        ],
    )
    def test_rounds_halves_away_from_zero(self, amount: str, currency: str, minor: int) -> None:
        assert round_money(amount=Decimal(amount), currency=currency) == Money(minor, currency)

    @given(amount=AMOUNTS, currency=CURRENCIES)
    def test_is_never_off_by_more_than_half_a_minor_unit(
        self, amount: Decimal, currency: str
    ) -> None:
        rounded = round_money(amount=amount, currency=currency)
        error = abs(Fraction(rounded.amount) - Fraction(amount))

        assert error * 10 ** exponent_of(currency) <= Fraction(1, 2)

    @given(amount=AMOUNTS, currency=CURRENCIES)
    def test_treats_both_signs_alike(self, amount: Decimal, currency: str) -> None:
        there = round_money(amount=amount, currency=currency)
        back = round_money(amount=-amount, currency=currency)

        assert there.minor == -back.minor

    @given(minor=st.integers(-(10**12), 10**12), currency=CURRENCIES)
    def test_leaves_what_is_round_alone(self, minor: int, currency: str) -> None:
        money = Money(minor, currency)

        assert round_money(amount=money.amount, currency=currency) == money


class TestRoundedShare:
    @pytest.mark.parametrize(
        ("minor", "part", "whole", "expected"),
        [(10, 1, 3, 3), (10, 2, 3, 7), (1, 1, 2, 1), (3, 1, 2, 2), (5, 0, 7, 0), (7, 5, 5, 7)],
    )
    def test_rounds_halves_up(self, minor: int, part: int, whole: int, expected: int) -> None:
        assert rounded_share(minor, part=part, whole=whole) == expected


class TestPublicNumber:
    def test_is_the_same_for_ever(self) -> None:
        source = UUID("01890a5d-ac96-774b-bcce-b302099a8057")

        assert public_number(source=source) == "JVWB-AYGW-DQM3"

    @given(source=st.uuids())
    def test_is_three_groups_that_cannot_be_misread(self, source: UUID) -> None:
        number = public_number(source=source)

        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}", number)

    def test_of_ids_made_one_after_the_other_shows_no_order(self) -> None:
        numbers = [public_number(source=new_id()) for _ in range(200)]

        assert len(set(numbers)) == 200
        assert numbers != sorted(numbers)


class TestDigestOf:
    def test_is_sha_256_in_hex(self) -> None:
        assert digest_of(text="") == (
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        )


class TestSearchable:
    @pytest.mark.parametrize(
        ("text", "asked"),
        [
            ("soap", "soap"),
            ("a\x00b\ud800", "a\ufffdb\ufffd"),
            ("größe 🧼", "größe 🧼"),
            ("gro\u0308ße", "größe"),
            ("ﬁne", "ﬁne"),
        ],
    )
    def test_keeps_all_but_nul_and_halves(self, text: str, asked: str) -> None:
        assert searchable(text) == asked


class TestFolded:
    @pytest.mark.parametrize(
        ("text", "form"),
        [
            ("GRÖSSE", "grosse"),
            ("Größe", "grosse"),
            ("ΟΔΌΣ", "οδοσ"),
            ("ﬁne\u00ad\u200b", "fine"),
            ("ϓ", "υ"),
        ],
    )
    def test_has_no_case_no_accents_and_nothing_unseen(self, text: str, form: str) -> None:
        assert folded(text) == form


class TestAsciiAddress:
    @pytest.mark.parametrize(
        ("address", "written"),
        [
            ("Ada+1@Example.com", "Ada+1@Example.com"),
            ("info@Bücher.example", "info@xn--bcher-kva.example"),
            ("a@b@straße.example", "a@b@xn--strae-oqa.example"),
        ],
    )
    def test_writes_the_domain_as_every_mail_server_takes_it(
        self, address: str, written: str
    ) -> None:
        assert ascii_address(address) == written

    @pytest.mark.parametrize(
        ("address", "said"),
        [
            ("jörg@example.com", "^the part before the @ is not ASCII$"),
            ("ada@☕.example", "not allowed"),
            ("ada@" + "ü" * 64 + ".example", "too long"),
        ],
    )
    def test_refuses_what_has_no_such_form(self, address: str, said: str) -> None:
        with pytest.raises(ValueError, match=said):
            ascii_address(address)


class TestIsSigned:
    BODY = b'{"id": 1}'

    def check(self, **changes) -> bool:
        given = {
            "body": self.BODY,
            "signature": sign(body=self.BODY, secret="one", now=1_000),
            "secret": "one",
            "now": 1_000,
        }
        return is_signed(**{**given, **changes})

    def test_is_written_as_others_write_theirs(self) -> None:
        assert sign(body=b"{}", secret="one", now=1_000) == (
            "t=1000,v1=998977caae0d1039a774d8721c9b6ce43d4c6f2bb4f99584b78e9cbec217354f"
        )

    def test_believes_its_own_signature_for_five_minutes(self) -> None:
        assert self.check()
        assert self.check(now=1_300)
        assert self.check(now=700)

    def test_believes_it_with_spaces_and_more_beside_it(self) -> None:
        time, code = sign(body=self.BODY, secret="one", now=1_000).split(",")

        assert self.check(signature=f" {code} , v0=x, {time} ")

    @pytest.mark.parametrize("time", ["\N{SUPERSCRIPT TWO}", "-1", "1000=1"])
    def test_believes_no_holder_of_the_secret_about_what_is_no_time(self, time: str) -> None:
        code = rules._code_of(body=self.BODY, secret="one", time=time)

        assert not self.check(signature=f"t={time},v1={code}", now=-1)

    def test_believes_no_time_that_says_two(self) -> None:
        ours = sign(body=self.BODY, secret="one", now=1_000)

        assert not self.check(signature=f"{ours},t=5=5")

    def test_believes_nobody_while_there_is_no_secret(self) -> None:
        assert not self.check(signature=sign(body=self.BODY, secret="", now=1_000), secret="")

    @pytest.mark.parametrize(("now", "expected"), [(10**12 - 1, True), (10**12, False)])
    def test_reads_no_time_of_more_than_twelve_digits(self, now: int, expected: bool) -> None:
        signature = sign(body=self.BODY, secret="one", now=now)

        assert self.check(signature=signature, now=now) is expected

    @pytest.mark.parametrize(
        "change",
        [
            {"body": b'{"id": 2}'},
            {"secret": "two"},
            {"secret": ""},
            {"now": 1_301},
            {"now": 699},
            {"signature": ""},
            {"signature": "t=1000"},
            {"signature": "t=1000,v1="},
            {"signature": "t=\N{SUPERSCRIPT TWO},v1=00"},
            {"signature": "t=-1,v1=00"},
            {"signature": f"t={'9' * 400},v1=00"},
            {"signature": "v1=ü,t=1000"},
        ],
    )
    def test_believes_nothing_else(self, change: dict) -> None:
        assert not self.check(**change)


class TestSpread:
    @given(
        amount=st.integers(min_value=0, max_value=10**9),
        weights=st.lists(st.integers(min_value=0, max_value=10**6), min_size=1),
    )
    def test_adds_up(self, amount: int, weights: list[int]) -> None:
        parts = spread(amount_minor=amount, weights=weights)

        assert (sum(parts), len(parts)) == (amount, len(weights))

    def test_follows_the_weights(self) -> None:
        assert spread(amount_minor=350, weights=[100, 0, 250]) == [100, 0, 250]
        assert spread(amount_minor=5, weights=[0, 0]) == [5, 0]
        assert spread(amount_minor=0, weights=[]) == []


class TestWords:
    TRANSLATIONS: ClassVar = {
        "de": {"name": "Seife", "summary": ""},
        "pt": {"name": "Sabão"},
        "zh": {"name": "皂"},
        "en": {"name": "?"},
    }

    @pytest.mark.parametrize(
        ("language", "field", "text", "spoken"),
        [
            ("de", "name", "Seife", "de"),
            ("de-AT", "name", "Seife", "de"),
            ("pt-br", "name", "Sabão", "pt"),
            ("zh-hant-tw", "name", "皂", "zh"),
            ("en", "name", "Soap", "en"),
            ("en-gb", "name", "Soap", "en"),
            ("fr", "name", "Soap", "en"),
            ("de", "summary", "Soap", "en"),
            ("de", "description", "Soap", "en"),
        ],
    )
    def test_say_in_which_language_they_are(
        self, language: str, field: str, text: str, spoken: str
    ) -> None:
        words = rules.words_in(
            language,
            field=field,
            own="Soap",
            own_language="en",
            translations=self.TRANSLATIONS,
        )

        assert (words, words.language) == (text, spoken)
