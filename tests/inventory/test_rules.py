"""Who gets what from where."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.inventory import rules
from apps.inventory.types import Promise, Shelf

SKUS = ("A", "B", "C")
HOUSES = ((1, "GB", 1), (2, "NL", 2), (3, "US", 2))


def shelf(sku: str, house: int, free: int, *, allowance: int = 0) -> Shelf:
    _, country, priority = HOUSES[house - 1]
    return Shelf(
        level=SKUS.index(sku) * 10 + house,
        sku=sku,
        warehouse=house,
        country=country,
        priority=priority,
        free=free,
        allowance=allowance,
    )


def given_by(shelves: list[Shelf], *, country: str = "", **wanted: int) -> dict[int, tuple]:
    """What each house gives, as `house: (SKU, taken, back-ordered)` per shelf."""
    shares, short = rules.allocate(wanted=wanted, shelves=shelves, country=country)
    assert short == []
    found: dict[int, tuple] = {}
    for share in shares:
        found.setdefault(share.level % 10, ())
        found[share.level % 10] += ((share.sku, share.taken, share.backordered),)
    return found


class TestAllocate:
    def test_prefers_the_country_and_then_the_priority(self) -> None:
        shelves = [shelf("A", house, 5) for house in (1, 2, 3)]

        assert given_by(shelves, country="US", A=1) == {3: (("A", 1, 0),)}
        assert given_by(shelves, country="JP", A=1) == {1: (("A", 1, 0),)}

    def test_prefers_one_parcel_to_the_preferred_house(self) -> None:
        shelves = [shelf("A", 1, 5), shelf("A", 3, 5), shelf("B", 3, 5)]

        assert given_by(shelves, country="GB", A=1, B=1) == {3: (("A", 1, 0), ("B", 1, 0))}

    def test_takes_most_from_one_house_where_none_has_all(self) -> None:
        shelves = [shelf("A", 1, 2), shelf("A", 2, 5), shelf("B", 1, 1), shelf("B", 3, 9)]

        assert given_by(shelves, A=6, B=3) == {
            1: (("A", 1, 0),),
            2: (("A", 5, 0),),
            3: (("B", 3, 0),),
        }

    def test_back_orders_the_rest_where_the_order_leaves_from(self) -> None:
        shelves = [shelf("A", 1, 0, allowance=9), shelf("A", 2, 3, allowance=9)]

        assert given_by(shelves, A=5) == {2: (("A", 3, 2),)}

    def test_back_orders_at_the_preferred_house_what_is_nowhere(self) -> None:
        shelves = [shelf("A", house, 0, allowance=2) for house in (1, 2, 3)]

        assert given_by(shelves, country="NL", A=2) == {2: (("A", 0, 2),)}

    def test_names_all_that_is_short_and_gives_nothing(self) -> None:
        shelves = [shelf("A", 1, 9), shelf("B", 1, 1, allowance=1), shelf("B", 2, 1, allowance=1)]

        wanted = {"C": 1, "A": 1, "B": 4}
        assert rules.allocate(wanted=wanted, shelves=shelves, country="") == ([], ["B", "C"])


@st.composite
def situations(draw: st.DrawFn) -> tuple[dict[str, int], list[Shelf], str]:
    allowances = {sku: draw(st.integers(0, 6)) for sku in SKUS}
    kept = draw(st.sets(st.tuples(st.sampled_from(SKUS), st.sampled_from((1, 2, 3)))))
    shelves = [
        shelf(sku, house, draw(st.integers(0, 6)), allowance=allowances[sku])
        for sku, house in sorted(kept)
    ]
    wanted = draw(st.dictionaries(st.sampled_from(SKUS), st.integers(1, 12), min_size=1))
    return wanted, shelves, draw(st.sampled_from(("GB", "NL", "US", "JP")))


class TestAnyAllocation:
    @given(situations())
    def test_gives_what_is_wanted_or_says_what_is_short(self, situation: tuple) -> None:
        wanted, shelves, country = situation
        by_level = {one.level: one for one in shelves}

        shares, short = rules.allocate(wanted=wanted, shelves=shelves, country=country)

        for sku, quantity in wanted.items():
            free = sum(one.free for one in shelves if one.sku == sku)
            allowance = max((one.allowance for one in shelves if one.sku == sku), default=0)
            taken = sum(share.taken for share in shares if share.sku == sku)
            owed = sum(share.backordered for share in shares if share.sku == sku)
            assert (sku in short) is (free + allowance < quantity)
            assert taken + owed == (0 if short else quantity)
            assert owed <= allowance
            assert not owed or taken == free
        assert all(0 <= share.taken <= by_level[share.level].free for share in shares)
        assert len({share.level for share in shares}) == len(shares)

    @given(situations(), st.sampled_from((1, 2, 3)))
    def test_sends_one_parcel_where_one_house_has_all(self, situation: tuple, full: int) -> None:
        wanted, others, country = situation
        shelves = [one for one in others if one.warehouse != full]
        shelves += [shelf(sku, full, units) for sku, units in wanted.items()]
        kept = {(one.sku, one.warehouse): one.free for one in shelves}
        able = [
            (land != country, priority, house)
            for house, land, priority in HOUSES
            if all(kept.get((sku, house), 0) >= units for sku, units in wanted.items())
        ]

        shares, _ = rules.allocate(wanted=wanted, shelves=shelves, country=country)

        assert {share.level % 10 for share in shares} == {min(able)[2]}
        assert all(share.backordered == 0 for share in shares)


def promised(number: int, quantity: int, *, backordered: int = 0, shipped: int = 0) -> Promise:
    return Promise(
        id=number,
        reference=UUID(int=number),
        sku="A",
        warehouse=1,
        quantity=quantity,
        backordered=backordered,
        shipped=shipped,
    )


class TestEndAll:
    def test_ends_all_that_has_not_shipped(self) -> None:
        (whole, part) = rules.end_all(
            [promised(1, 3, backordered=1), promised(2, 3, shipped=2), promised(3, 1, shipped=1)]
        )

        assert (whole.in_house, whole.backordered, whole.is_whole) == (2, 1, True)
        assert (part.in_house, part.backordered, part.is_whole) == (1, 0, False)


class TestEndParcel:
    @pytest.mark.parametrize(
        ("is_packed", "units", "expected"),
        [
            (True, 3, [(3, 0)]),
            (True, 1, [(1, 0)]),
            (False, 2, [(0, 2)]),
            (False, 1, [(0, 1)]),
            # A count has missed some of it since, or some of it has come.
            (True, 4, [(3, 1)]),
            (False, 3, [(1, 2)]),
            (True, 9, [(3, 2)]),
            (True, 0, []),
        ],
    )
    def test_ends_what_that_parcel_was_to_hold(
        self, is_packed: bool, units: int, expected: list[tuple[int, int]]
    ) -> None:
        ended = rules.end_parcel(
            [promised(1, 5, backordered=2)], quantities={"A": units, "B": 1}, is_packed=is_packed
        )

        assert [(one.in_house, one.backordered) for one in ended] == expected


class TestFill:
    def test_serves_the_oldest_first(self) -> None:
        waiting = [promised(3, 5, backordered=5), promised(1, 4, backordered=2), promised(2, 1)]

        assert rules.fill(waiting, free={("A", 1): 4}) == {1: 2, 3: 2}
        assert rules.fill(waiting, free={("A", 2): 4}) == {}


class TestIsNowLow:
    @pytest.mark.parametrize(
        ("before", "after", "at", "expected"),
        [(6, 5, 5, True), (6, 0, 5, True), (5, 4, 5, False), (7, 6, 5, False), (6, 5, None, False)],
    )
    def test_is_when_the_number_is_reached(
        self, before: int, after: int, at: int | None, expected: bool
    ) -> None:
        assert rules.is_now_low(before=before, after=after, low_stock_at=at) is expected


class TestPostpone:
    def test_lets_the_youngest_wait(self) -> None:
        made = [promised(1, 4), promised(3, 5, shipped=1, backordered=1), promised(2, 1)]

        assert rules.postpone(made, missing={("A", 1): 5}) == {3: 3, 2: 1, 1: 1}


class TestReadCounts:
    def test_takes_lines_and_names_those_that_are_none(self) -> None:
        counts, wrong = rules.read_counts(
            "A;3\n\n B ; 0 \nA;4\nC\n;5\nD;-1\nE;²\nF;99999999999999\n"
        )

        assert counts == {"A": 3, "B": 0}
        assert [(one.sku, one.code) for one in wrong] == [
            ("A", "listed_twice"),
            ("C", "not_a_line"),
            (";5", "not_a_line"),
            ("D", "not_a_count"),
            ("E", "not_a_count"),
            ("F", "not_a_count"),
        ]
