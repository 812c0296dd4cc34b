"""What downstream systems were promised: the schemas and the audience on record are those of the code."""

import json
import re
from types import ModuleType

import jsonschema
import pytest

from apps.downstream.selectors import audience_of
from apps.events import gateways
from apps.events.models import OutboxMessage
from apps.events.rules import json_schema
from apps.events.services import subscriptions
from apps.events.services.personal_data import add_personal_data
from apps.events.types import Event
from apps.orders.events import OrderPaid
from apps.orders.services import cancel_order
from dev.event_schemas import (
    ASYNCAPI,
    FOLDER,
    PAGE,
    rendered_asyncapi,
    rendered_page,
    rendered_schemas,
)
from ecommerce.messaging import DOWNSTREAM, PUBLIC_EVENTS, announced_by
from tests.factories.orders import make_order
from tests.factories.shop import stock_variant

BY_TYPE = {event.type: event for event in PUBLIC_EVENTS}
Validator = jsonschema.Draft202012Validator


def table() -> dict[str, frozenset[str]]:
    """Who hears what as docs/events/README.md has it: the type of each public event to its systems."""
    lines = (FOLDER / PAGE).read_text().splitlines()
    header, _, *body = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("|")
    ]
    rows = [dict(zip(header, cells, strict=True)) for cells in body]
    return {
        row["event"]: frozenset(row["hears it outside"].split(", ")) - {"nobody"}
        for row in rows
        if row["hears it outside"] != "–"
    }


def message_of(published: OutboxMessage) -> dict:
    """What SNS carries for a published event."""
    assert add_personal_data([published]) == {}
    return json.loads(gateways._entry_of(published)["Message"])


class TestTheSchemas:
    def test_on_record_are_those_of_the_code(self) -> None:
        on_record = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
        rendered = {**rendered_schemas(), ASYNCAPI: rendered_asyncapi()}

        assert on_record == rendered, "run `python -m dev.event_schemas` and read the diff"

    def test_are_found_in_a_package_of_events_and_not_where_they_are_imported(self) -> None:
        package = ModuleType("apps.orders.events")
        long = type("Long", (OrderPaid,), {"__module__": "apps.orders.events.boxes"})
        foreign = type("Foreign", (OrderPaid,), {"__module__": "apps.orders.events_of_others"})
        vars(package).update(long=long, foreign=foreign)

        assert list(announced_by(package)) == [long]

    @pytest.mark.parametrize("event", PUBLIC_EVENTS, ids=lambda event: event.type)
    def test_are_valid(self, event: type[Event]) -> None:
        Validator.check_schema(json_schema(event=event))

    @pytest.mark.parametrize("event", PUBLIC_EVENTS, ids=lambda event: event.type)
    def test_are_of_well_named_events(self, event: type[Event]) -> None:
        assert re.fullmatch(r"[a-z]+\.[a-z]+\.[a-z_]+\.v[1-9]\d*", event.type)
        assert event.type.split(".")[0] == event.__module__.split(".")[1]
        assert event.subject in event.__struct_fields__

    def test_a_changed_field_is_noticed(self) -> None:
        class Changed(OrderPaid, frozen=True, kw_only=True):
            """The money is there: the goods may leave."""

            number: int

        changed = json_schema(event=Changed)
        promised = json.loads((FOLDER / f"{OrderPaid.type}.json").read_text())

        assert changed["$id"] == promised["$id"]
        assert (
            changed["properties"]["data"]["properties"]
            != (promised["properties"]["data"]["properties"])
        )


class TestThePage:
    def test_on_record_is_that_of_the_code(self) -> None:
        assert (FOLDER / PAGE).read_text() == rendered_page(), "run `python -m dev.event_schemas`"

    def test_with_a_handler_less_would_differ(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(subscriptions._subscriptions, "invoicing.issue_invoice")

        assert (FOLDER / PAGE).read_text() != rendered_page()


class TestTheAsyncApi:
    def test_gives_each_system_the_messages_of_its_audience(self) -> None:
        document = json.loads(rendered_asyncapi())

        heard = {name: set(channel["messages"]) for name, channel in document["channels"].items()}
        assert heard == {
            system: {event for event, audience in table().items() if system in audience}
            for system in DOWNSTREAM
        }

    def test_points_at_things_that_are_there(self) -> None:
        document = json.loads(rendered_asyncapi())
        messages = document["components"]["messages"]

        for channel in document["channels"].values():
            for name, reference in channel["messages"].items():
                assert reference == {"$ref": f"#/components/messages/{name}"}
                assert name in messages
        for message in messages.values():
            assert (FOLDER / message["payload"]["$ref"]).exists()
        for operation in document["operations"].values():
            assert operation["channel"]["$ref"].removeprefix("#/channels/") in document["channels"]


class TestTheAudience:
    def test_is_the_one_in_the_table(self) -> None:
        assert {event.type: audience_of(event.type) for event in PUBLIC_EVENTS} == table()

    def test_is_made_of_known_systems(self) -> None:
        assert frozenset().union(*table().values()) <= set(DOWNSTREAM)


@pytest.mark.django_db
class TestPublishedEvents:
    def test_keep_their_schema(self) -> None:
        sku = stock_variant(on_hand=2).sku
        cancel_order(order_id=make_order(lines={sku: 2}), reason="customer")
        make_order(lines={sku: 1}, token="tok_decline")
        make_order(lines={sku: 9})

        published = [one for one in OutboxMessage.objects.all() if one.is_public]

        assert {one.type for one in published} == {
            "orders.order.placed.v1",
            "orders.order.paid.v1",
            "orders.order.cancelled.v1",
            "orders.order.rejected.v1",
            "payments.payment.captured.v1",
            "payments.payment.failed.v1",
        }
        for one in published:
            schema = json_schema(event=BY_TYPE[one.type])
            Validator(schema, format_checker=Validator.FORMAT_CHECKER).validate(message_of(one))

    def test_without_a_promised_field_are_noticed(self) -> None:
        make_order(lines={stock_variant().sku: 1})
        message = message_of(OutboxMessage.objects.get(type=OrderPaid.type))
        del message["data"]["total"]

        with pytest.raises(jsonschema.ValidationError, match="'total' is a required property"):
            Validator(json_schema(event=OrderPaid)).validate(message)
