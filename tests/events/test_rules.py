from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from apps.core.models import new_id
from apps.core.types import Money
from apps.events import rules
from tests.events.things import ThingHappened, ThingTold


class TestBatches:
    @pytest.mark.parametrize(
        ("sizes", "expected"),
        [
            ([], []),
            ([5], [[5]]),
            ([99], [[99]]),
            ([1] * 7, [[1, 1, 1], [1, 1, 1], [1]]),
            ([6, 4, 1], [[6, 4], [1]]),
            ([6, 5, 5], [[6], [5, 5]]),
            ([1, 99, 1], [[1], [99], [1]]),
        ],
    )
    def test_keep_both_limits_and_lose_nothing(
        self, sizes: list[int], expected: list[list[int]]
    ) -> None:
        cut = [sizes[batch] for batch in rules.batches(sizes, most=3, heaviest=10)]

        assert cut == expected


class TestPriorityOf:
    @pytest.mark.parametrize(
        ("target", "priority"), [("orders.pay", 0), ("sns", 1), ("replay:crm:1", 2), ("replay", 0)]
    )
    def test_lets_the_shops_own_handlers_go_first(self, target: str, priority: int) -> None:
        assert rules.priority_of(target) == priority


class TestRetryDelay:
    def test_doubles_up_to_a_quarter_of_an_hour(self) -> None:
        waits = [rules.retry_delay(attempts=attempts) for attempts in (1, 2, 3, 9, 10, 50)]

        assert waits == [timedelta(seconds=seconds) for seconds in (2, 4, 8, 512, 900, 900)]


class TestDirectTarget:
    def test_names_the_system(self) -> None:
        target = rules.direct_target(f"crm:{new_id()}")

        assert rules.system_of(target) == "crm"
        assert len(target) <= 100

    def test_is_the_same_for_ever(self) -> None:
        target = rules.direct_target(f"crm:{UUID(int=7)}")

        assert target == f"replay:crm:{UUID(int=7)}"
        assert rules.system_of("replay:crm:a:b") == "crm"

    @pytest.mark.parametrize("target", ["sns", "orders.pay", ""])
    def test_no_other_target_does(self, target: str) -> None:
        assert rules.system_of(target) == ""


class TestMomentOf:
    def test_is_when_the_id_was_made(self) -> None:
        before = datetime.now(UTC)

        assert abs(rules.moment_of(new_id()) - before) < timedelta(seconds=10)

    def test_is_what_the_earliest_id_was_made_from(self) -> None:
        at = datetime(2022, 2, 22, 19, 22, 22, 123_000, tzinfo=UTC)

        assert rules.moment_of(rules.earliest_id(at=at)) == at


class TestEarliestId:
    def test_parts_the_ids_made_before_a_time_from_those_made_since(self) -> None:
        now = datetime.now(UTC)
        made = new_id()

        assert rules.earliest_id(at=now - timedelta(seconds=1)) < made
        assert made < rules.earliest_id(at=now + timedelta(seconds=10))

    def test_is_the_milliseconds_of_the_time(self) -> None:
        at = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)

        assert str(rules.earliest_id(at=at)) == "017f22e2-79b0-0000-0000-000000000000"


class TestJsonSchema:
    def test_is_all_that_a_downstream_system_receives(self) -> None:
        assert rules.json_schema(event=ThingTold) == {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": "urn:shop:event:tests.thing.told.v1",
            "title": "tests.thing.told.v1",
            "description": "Somebody was told what a thing costs.",
            "type": "object",
            "required": ["id", "type", "occurred_at", "data"],
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "type": {"const": "tests.thing.told.v1"},
                "occurred_at": {"type": "string", "format": "date-time"},
                "data": {
                    "title": "ThingTold",
                    "description": "Somebody was told what a thing costs.",
                    "type": "object",
                    "properties": {
                        "thing_id": {"type": "string"},
                        "price": {"$ref": "#/$defs/Money"},
                        "email": {"type": "string"},
                        "name": {"type": "string"},
                    },
                    "required": ["thing_id", "price", "email", "name"],
                },
            },
            "$defs": {
                "Money": {
                    "title": "Money",
                    "description": (Money.__doc__ or "").strip(),
                    "type": "object",
                    "properties": {"minor": {"type": "integer"}, "currency": {"type": "string"}},
                    "required": ["minor", "currency"],
                }
            },
        }

    def test_of_an_event_that_says_little_demands_little(self) -> None:
        schema = rules.json_schema(event=ThingHappened)

        assert schema["description"] == ""
        assert schema["properties"]["data"]["required"] == []
        assert schema["properties"]["data"]["properties"] == {
            "thing_id": {"type": "string", "default": ""}
        }
