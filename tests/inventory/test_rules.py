"""Who gets what from where."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.inventory import rules
from apps.inventory.types import GiveBack, LevelReport, LevelResult, Promise, Shelf

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

    def test_ends_what_is_all_to_come(self) -> None:
        waiting = promised(1, 2, backordered=2)

        assert rules.end_all([waiting]) == [GiveBack(promise=waiting, in_house=0, backordered=2)]


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

    def test_leaves_what_was_not_in_the_parcel(self) -> None:
        made = promised(1, 2)

        assert rules.end_parcel([made], quantities={"B": 2}, is_packed=True) == []
        assert rules.end_parcel([made], quantities={"A": 1}, is_packed=True) == [
            GiveBack(promise=made, in_house=1, backordered=0)
        ]


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
        assert rules.postpone(made, missing={("A", 1): 3}) == {3: 3}
        assert rules.postpone(made, missing={("A", 2): 5}) == {}


def unread(sku: str) -> LevelResult:
    return LevelResult(
        sku=sku,
        status="rejected",
        code="not_a_row",
        detail="A row is an object with `sku`, `on_hand` (0 or more) and, if wanted, a short `key`.",
    )


class TestReadReports:
    @pytest.mark.parametrize(
        ("row", "expected"),
        [
            ({"sku": "A", "on_hand": 0}, LevelReport(sku="A", on_hand=0)),
            ({"sku": "A", "on_hand": 12.0, "key": "k" * 64},
             LevelReport(sku="A", on_hand=12, key="k" * 64)),
            ({"sku": "gro\u0308ße", "on_hand": 2**31 - 1, "key": "\0"},
             LevelReport(sku="größe", on_hand=2**31 - 1, key="\ufffd")),
            ({"sku": "A\0" + "B" * 64, "on_hand": 2**31}, unread("A\ufffd" + "B" * 62)),
            ({"sku": "A", "on_hand": -1}, unread("A")),
            ({"sku": "A", "on_hand": 0.5}, unread("A")),
            ({"sku": "A", "on_hand": True}, unread("A")),
            ({"sku": "A", "on_hand": "3"}, unread("A")),
            ({"sku": "A"}, unread("A")),
            ({"sku": "A", "on_hand": 1, "key": "k" * 65}, unread("A")),
            ({"sku": "A", "on_hand": 1, "key": 5}, unread("A")),
            ({"sku": 7, "on_hand": 1}, unread("7")),
            ({"sku": ["\0" + "a" * 99], "on_hand": 1}, unread("['\\x00" + "a" * 58)),
            ({"on_hand": 1}, unread("")),
            ([], unread("")),
            (None, unread("")),
        ],
    )  # fmt: skip
    def test_takes_what_can_be_read_and_says_what_cannot(self, row: Any, expected: Any) -> None:
        assert rules.read_reports([row]) == [expected]

    def test_takes_each_item_once_and_what_cannot_be_read_takes_none(self) -> None:
        rows = [{"sku": "A"}, {"sku": "A", "on_hand": 1}, {"sku": "A", "on_hand": 2}]

        assert rules.read_reports(rows) == [
            unread("A"),
            LevelReport(sku="A", on_hand=1),
            LevelResult(
                sku="A",
                status="rejected",
                code="listed_twice",
                detail="This item stands further up already.",
            ),
        ]


class TestJudgeReport:
    NOW = datetime(2026, 1, 1, tzinfo=UTC)
    BEFORE, LATER = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)

    @pytest.mark.parametrize(
        ("counted", "reported_at", "is_booked", "expected"),
        [
            (5, None, False, ("changed", 5, "")),
            (5, BEFORE, False, ("changed", 5, "")),
            (3, None, False, ("changed", 3, "")),
            (2, None, False, ("rejected", 9, "below_promised")),
            (2, LATER, False, ("stale", 9, "older_report")),
            (2, LATER, True, ("stale", 9, "older_report")),
            (2, None, True, ("unchanged", 9, "")),
            (2, NOW, False, ("unchanged", 9, "")),
            (9, None, False, ("unchanged", 9, "")),
        ],
    )
    def test_changes_a_level_once_and_never_back(
        self,
        counted: int,
        reported_at: datetime | None,
        is_booked: bool,
        expected: tuple[str, int, str],
    ) -> None:
        result = rules.judge_report(
            LevelReport(sku="A", on_hand=counted),
            on_hand=9,
            reserved=3,
            reported_at=reported_at,
            sent_at=self.NOW,
            is_booked=is_booked,
        )

        assert result.sku == "A"
        assert (result.status, result.on_hand, result.code) == expected

    def test_of_a_house_that_holds_less_than_it_promised_leaves_that(self) -> None:
        result = rules.judge_report(
            LevelReport(sku="A", on_hand=2),
            on_hand=2,
            reserved=3,
            reported_at=None,
            sent_at=self.NOW,
            is_booked=False,
        )

        assert result == LevelResult(sku="A", status="unchanged", on_hand=2)


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

    def test_takes_the_largest_count_and_one_name_for_each_spelling(self) -> None:
        counts, wrong = rules.read_counts(
            "a;2147483647\nb;2147483648\nö;0000000001\no\u0308;2\nc;0;d\nd;00000000001"
        )

        assert counts == {"a": 2_147_483_647, "ö": 1}
        assert [(one.sku, one.code) for one in wrong] == [
            ("b", "not_a_count"),
            ("o\u0308", "listed_twice"),
            ("c", "not_a_count"),
            ("d", "not_a_count"),
        ]

    def test_names_no_more_of_a_line_than_a_sku_may_have(self) -> None:
        long = "x" * 65
        counts, wrong = rules.read_counts(f"{long}\n{long};\n{long};1\n{long};2")

        assert counts == {long: 1}
        assert {len(one.sku) for one in wrong} == {64}
        assert [one.detail for one in wrong] == [
            "A line is a SKU, a semicolon and a number.",
            "A count is a whole number of units, 0 or more.",
            "This item stands further up already.",
        ]
