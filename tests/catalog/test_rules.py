"""What fits: numbers of goods, measures of packs, values of attributes, copies of pictures."""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from apps.catalog.errors import InvalidAttributes, InvalidGtin, InvalidSku
from apps.catalog.rules import (
    base_quantity,
    check_attributes,
    check_gtin,
    check_sku,
    rendition_name,
    widths_of,
    without_noughts,
)
from apps.catalog.types import AttributeKind, DeclaredAttribute, Pack, PackUnit

DECLARED = [
    DeclaredAttribute(code="dilution", name="Dilution", kind=AttributeKind.TEXT),
    DeclaredAttribute(code="washes", name="Washes", kind=AttributeKind.INTEGER),
    DeclaredAttribute(code="ph", name="pH", kind=AttributeKind.DECIMAL),
    DeclaredAttribute(code="vegan", name="Vegan", kind=AttributeKind.BOOLEAN),
    DeclaredAttribute(
        code="hazard",
        name="Hazard",
        kind=AttributeKind.CHOICE,
        choices={"none": "None", "irritant": "Irritant"},
    ),
]
MOST = 10**14 - 1
TEXT, WHOLE = "A text that is not empty, of at most 500 signs.", "A whole number."
DECIMAL, TRUTH = "A decimal number with at most six places.", "Yes or no."


def complaints(values: Mapping[str, object]) -> dict[str, str]:
    with pytest.raises(InvalidAttributes) as refusal:
        check_attributes(declared=DECLARED, values=values)
    errors: dict[str, str] = refusal.value.details["errors"]
    return errors


class TestCheckAttributes:
    @pytest.mark.parametrize(
        "values",
        [
            {},
            {
                "dilution": "5 ml",
                "washes": 30,
                "ph": Decimal("6.8"),
                "vegan": True,
                "hazard": "irritant",
            },
            {"washes": 0, "vegan": False, "ph": Decimal("-1.000001")},
            {"dilution": "x" * 500, "washes": MOST, "ph": Decimal(-MOST)},
        ],
    )
    def test_lets_fitting_values_through(self, values: dict[str, object]) -> None:
        check_attributes(declared=DECLARED, values=values)

    @pytest.mark.parametrize(
        ("code", "value", "message"),
        [
            ("dilution", 5, TEXT),
            ("dilution", " ", TEXT),
            ("dilution", "x" * 501, TEXT),
            ("washes", "30", WHOLE),
            ("washes", True, WHOLE),
            ("washes", 1.5, WHOLE),
            ("washes", MOST + 1, WHOLE),
            ("ph", 6.8, DECIMAL),
            ("ph", "6.8", DECIMAL),
            ("ph", Decimal("NaN"), DECIMAL),
            ("ph", Decimal("0.0000001"), DECIMAL),
            ("ph", Decimal(MOST + 1), DECIMAL),
            ("vegan", "yes", TRUTH),
            ("vegan", 1, TRUTH),
            ("hazard", "Irritant", "One of: none, irritant."),
            ("hazard", ["none"], "One of: none, irritant."),
            ("colour", "blue", "The product type has no such attribute."),
            ("vegan", None, TRUTH),
        ],
    )
    def test_refuses_what_does_not_fit(self, code: str, value: object, message: str) -> None:
        assert complaints({code: value}) == {code: message}

    def test_names_every_attribute_that_does_not_fit(self) -> None:
        assert set(complaints({"vegan": 1, "ph": 7.0, "washes": 2, "size": 1})) == {
            "vegan",
            "ph",
            "size",
        }


class TestCheckSku:
    @pytest.mark.parametrize("sku", ["AB-1", "a/b", "Größe 5", "漢字", "50%", "a.b", "x y z"])
    def test_lets_any_script_and_sign_through(self, sku: str) -> None:
        check_sku(sku)

    @pytest.mark.parametrize(
        ("sku", "message"),
        [
            *((sku, "No line breaks, no unseen signs, no spaces around it.") for sku in
              (" A", "A ", "A  B", "A\nB", "A\u200bB", "A\xa0B")),
            *((sku, "No %xx, no empty part between slashes, no . or .. as one.") for sku in
              ("A%2fB", "A%4A", "/A", "A/", "A//B", "A/./B", "../A", "A/..")),
        ],
    )  # fmt: skip
    def test_refuses_what_no_address_or_label_could_hold(self, sku: str, message: str) -> None:
        with pytest.raises(InvalidSku) as refusal:
            check_sku(sku)

        assert refusal.value.details == {"errors": {"sku": message}}


class TestCheckGtin:
    @pytest.mark.parametrize(
        "gtin", ["96385074", "614141000036", "4006381333931", "2741500101016", "10614141000415"]
    )
    def test_lets_every_length_through(self, gtin: str) -> None:
        check_gtin(gtin)

    @pytest.mark.parametrize(
        ("gtin", "message"),
        [
            *((gtin, "The last digit does not fit the others: one of them is mistyped.") for gtin in
              ("96385075", "614141000063", "2741500101017", "4006381333391", "20614141000415")),
            *((gtin, "A GTIN has 8, 12, 13 or 14 digits.") for gtin in
              ("", "0", "963850741", "27415001010x6", "274150010101\u0666", "006141410000360", " 96385074")),
        ],
    )  # fmt: skip
    def test_refuses_what_is_mistyped(self, gtin: str, message: str) -> None:
        with pytest.raises(InvalidGtin) as refusal:
            check_gtin(gtin)

        assert refusal.value.details == {"errors": {"gtin": message}}


class TestBaseQuantity:
    @pytest.mark.parametrize(
        ("amount", "unit", "pieces", "base"),
        [
            ("500", "ml", 1, ("0.5", "l")),
            ("500", "ml", 6, ("3", "l")),
            ("1.5", "l", 1, ("1.5", "l")),
            ("0.125", "g", 1, ("0.000125", "kg")),
            ("2.5", "kg", 2, ("5", "kg")),
            ("30", "m", 2, ("60", "m")),
            ("0.5", "m2", 4, ("2", "m2")),
            ("1", "piece", 48, ("48", "piece")),
        ],
    )
    def test_is_all_that_the_pack_holds(
        self, amount: str, unit: str, pieces: int, base: tuple[str, str]
    ) -> None:
        pack = Pack(amount=Decimal(amount), unit=PackUnit(unit), pieces=pieces)

        found = base_quantity(pack)

        assert (found.amount, found.unit) == (Decimal(base[0]), base[1])

    def test_knows_every_unit(self) -> None:
        for unit in PackUnit:
            assert base_quantity(Pack(amount=Decimal(2), unit=unit)).amount > 0


class TestWithoutNoughts:
    @pytest.mark.parametrize(
        ("number", "text"), [("500.000", "500"), ("6.80", "6.8"), ("0.000", "0"), ("1E+3", "1000")]
    )
    def test_keeps_those_before_the_point(self, number: str, text: str) -> None:
        assert str(without_noughts(Decimal(number))) == text


class TestCopiesOfAPicture:
    @pytest.mark.parametrize(
        ("width", "widths"),
        [
            (100, (100,)),
            (160, (160,)),
            (161, (160, 161)),
            (1600, (160, 320, 640, 960, 1600)),
            (1601, (160, 320, 640, 960, 1600)),
        ],
    )
    def test_are_none_larger_than_the_picture(self, width: int, widths: tuple[int, ...]) -> None:
        assert widths_of(width) == widths

    def test_lie_beside_one_another(self) -> None:
        name = rendition_name(name="products/a.b.png", fingerprint="f0", width=160)

        assert name == "renditions/products/a.b-f0-160.webp"
