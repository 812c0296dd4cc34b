"""What tells the variants of a product from one another, and keeps doing so."""

import pytest
from django.db import IntegrityError, connection, transaction

from apps.catalog.errors import InvalidOptions
from apps.catalog.models import Option, OptionValue, ProductOption, Variant, VariantOption
from apps.catalog.rules import combine
from apps.catalog.selectors import chosen_values, list_options
from apps.catalog.services import refresh_option_texts, set_options
from tests.factories.catalog import ProductFactory, VariantFactory

SIZE, SCENT, COLOUR, SHAPE = 1, 2, 3, 4
MISSING, DOUBLED = "Choose a value of each option.", "Another variant has the same options."


class TestCombine:
    def test_puts_values_in_the_order_of_the_options(self) -> None:
        chosen = {7: {SIZE: 10, SCENT: 20}, 8: {SCENT: 20, SIZE: 11, COLOUR: 30}}

        assert combine(options=[SCENT, SIZE], chosen=chosen) == {7: (20, 10), 8: (20, 11)}
        assert combine(options=[], chosen={7: {SIZE: 10}}) == {7: ()}
        three = {SIZE: 1, SCENT: 2, COLOUR: 3}
        assert combine(options=[SIZE, SCENT, COLOUR], chosen={7: three}) == {7: (1, 2, 3)}

    @pytest.mark.parametrize(
        ("options", "chosen", "errors"),
        [
            ([SIZE], {7: {SIZE: 10}, 8: {SCENT: 20}}, {8: MISSING}),
            ([SIZE], {7: {SIZE: 10}, 8: {SIZE: 10}, 9: {SIZE: 10}}, {8: DOUBLED, 9: DOUBLED}),
            ([], {7: {}, 8: {}}, {8: DOUBLED}),
            ([SIZE, SIZE], {}, {"": "A product varies along an option once."}),
            ([SIZE, SCENT, SIZE], {}, {"": "A product varies along an option once."}),
            (
                [SIZE, SCENT, COLOUR, SHAPE],
                {},
                {"": "A product varies along three options at most."},
            ),
        ],
    )
    def test_refuses_what_tells_none_apart(
        self, options: list[int], chosen: dict[int, dict[int, int]], errors: dict[object, str]
    ) -> None:
        with pytest.raises(InvalidOptions) as refusal:
            combine(options=options, chosen=chosen)

        assert refusal.value.details["errors"] == errors


def value_of(option: str, name: str) -> OptionValue:
    return OptionValue.objects.get(option__code=option, name=name)


@pytest.mark.django_db
class TestSetOptions:
    @pytest.fixture
    def sizes(self) -> tuple[Variant, Variant]:
        """Two variants of one product: 1 l and 5 l."""
        small = VariantFactory.create(options={"size": "1 l"})
        return small, VariantFactory.create(product=small.product, options={"size": "5 l"})

    @pytest.fixture
    def scents(self) -> dict[str, int]:
        option = Option.objects.create(code="scent", name="Scent")
        return {
            name: OptionValue.objects.create(option=option, code=name, name=name.title()).pk
            for name in ("pine", "lemon")
        }

    def test_lets_variants_swap_their_values(self, sizes: tuple[Variant, Variant]) -> None:
        small, large = sizes
        size = Option.objects.get()

        set_options(
            product_id=small.product_id,
            option_ids=[size.pk],
            chosen={
                small.pk: {size.pk: value_of("size", "5 l").pk},
                large.pk: {size.pk: value_of("size", "1 l").pk},
            },
        )

        assert dict(Variant.objects.values_list("pk", "option_text")) == {
            small.pk: "5 l",
            large.pk: "1 l",
        }
        connection.check_constraints()

    def test_adds_an_option_in_front(
        self, sizes: tuple[Variant, Variant], scents: dict[str, int]
    ) -> None:
        small, large = sizes
        size, scent = Option.objects.order_by("code").values_list("pk", flat=True)[::-1]

        set_options(
            product_id=small.product_id,
            option_ids=[scent, size],
            chosen={small.pk: {scent: scents["pine"]}, large.pk: {scent: scents["pine"]}},
        )

        small.refresh_from_db()
        assert small.option_text == "Pine, 1 l"
        assert small.combination == [scents["pine"], value_of("size", "1 l").pk]
        assert [one.code for one in list_options(small.product_id)] == ["scent", "size"]
        assert chosen_values([large.pk])[large.pk] == {
            scent: scents["pine"],
            size: value_of("size", "5 l").pk,
        }

    def test_takes_an_option_away(self) -> None:
        variant = VariantFactory.create(options={"size": "1 l", "scent": "Pine"})

        set_options(
            product_id=variant.product_id,
            option_ids=[Option.objects.get(code="scent").pk],
            chosen={},
        )
        variant.refresh_from_db()
        assert variant.option_text == "Pine"
        assert VariantOption.objects.count() == ProductOption.objects.count() == 1

        set_options(product_id=variant.product_id, option_ids=[], chosen={})
        variant.refresh_from_db()
        assert (variant.option_text, variant.combination) == ("", [])

    def test_refuses_what_leaves_one_without_a_value_and_changes_nothing(
        self, sizes: tuple[Variant, Variant], scents: dict[str, int]
    ) -> None:
        small, large = sizes
        size, scent = Option.objects.order_by("code").values_list("pk", flat=True)[::-1]
        # A value of another option is none of this one.
        chosen = {
            small.pk: {scent: scents["pine"]},
            large.pk: {scent: value_of("size", "1 l").pk},
        }

        with pytest.raises(InvalidOptions) as refusal:
            set_options(product_id=small.product_id, option_ids=[size, scent], chosen=chosen)

        assert refusal.value.details["errors"] == {large.pk: MISSING}
        assert set(Variant.objects.values_list("option_text", flat=True)) == {"1 l", "5 l"}

    def test_refuses_a_combination_twice(self, sizes: tuple[Variant, Variant]) -> None:
        small, large = sizes
        chosen = {large.pk: {Option.objects.get().pk: value_of("size", "1 l").pk}}

        with pytest.raises(InvalidOptions) as refusal:
            set_options(
                product_id=small.product_id, option_ids=[Option.objects.get().pk], chosen=chosen
            )

        assert refusal.value.details["errors"] == {large.pk: DOUBLED}


@pytest.mark.django_db
class TestTheDatabase:
    def test_refuses_a_combination_twice_whoever_writes_it(self) -> None:
        first = VariantFactory.create()
        second = VariantFactory.create(product=first.product)

        Variant.objects.filter(pk=second.pk).update(combination=first.combination)

        with pytest.raises(IntegrityError, match="catalog_variant_combination_once"):
            connection.check_constraints()

    def test_lets_other_products_have_it(self) -> None:
        first, second = VariantFactory.create(), VariantFactory.create()

        assert first.combination == second.combination
        connection.check_constraints()

    def test_refuses_a_second_value_of_an_option(self) -> None:
        variant = VariantFactory.create(options={"size": "1 l"})
        VariantFactory.create(product=variant.product, options={"size": "5 l"})
        option, other = Option.objects.get(), value_of("size", "5 l")

        with (
            pytest.raises(IntegrityError, match="catalog_variantoption_one_value"),
            transaction.atomic(),
        ):
            VariantOption.objects.create(variant=variant, option=option, value=other)


@pytest.mark.django_db
class TestRefreshOptionTexts:
    def test_says_the_new_name_everywhere_and_leaves_the_rest(self) -> None:
        pine = VariantFactory.create(options={"size": "1 l", "scent": "Pine"})
        plain = VariantFactory.create(options={"colour": "Rust"})
        OptionValue.objects.filter(name="1 l").update(name="1 litre")

        refresh_option_texts(option_id=Option.objects.get(code="size").pk)

        assert dict(Variant.objects.values_list("pk", "option_text")) == {
            pine.pk: "1 litre, Pine",
            plain.pk: "Rust",
        }

    def test_has_room_for_three_of_the_longest_names(self) -> None:
        names = {code: code * 64 for code in "abc"}

        variant = VariantFactory.create(options=names)

        assert variant.option_text == ", ".join(names.values())
        assert len(variant.option_text) <= Variant._meta.get_field("option_text").max_length


@pytest.mark.django_db
def test_a_product_without_variants_varies_along_what_it_is_told() -> None:
    product = ProductFactory.create()
    option = Option.objects.create(code="size", name="Size")

    set_options(product_id=product.pk, option_ids=[option.pk], chosen={})

    assert list_options(product.pk) == [option]
    assert list_options(None) == []
