"""The life of a stage on AWS, in order: made, sold on, broken, mended, gone back, taken away.

`make stage` runs it: real stacks, real Zappa, the real package, on the emulator.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from tests.factories.identifiers import ODD_SKUS
from tests.infra.release_rights import granted, needed
from tests.journeys.leftovers import left_over
from tests.journeys.office import Office
from tests.journeys.serverless import (
    DATABASE,
    POISONED_CITY,
    ROOT,
    STAGE,
    STUMBLE,
    Placed,
    Stage,
    until,
    with_bug,
)

pytestmark = pytest.mark.stage
PICTURE = ROOT / "static" / "storefront" / "brand" / "hero.webp"
# Sold before the release with the bug.
BEFORE = 2
# What only the release that is taken back knows.
NEW_TASK = "no.such.task"
# Only fulfilment hears of it, and no handler of ours.
PILED = "shipping.shipment.requested.v1"
EVENTS = int(os.environ.get("STAGE_EVENTS", "1000"))
ORDERS, POISONED = int(os.environ.get("STAGE_ORDERS", "300")), 10


@pytest.fixture(scope="module")
def stage(package: Path, emulator: str) -> Stage:
    server = os.environ["DATABASE_URL"]
    _make_database(server)
    return Stage(database_url=f"{server.rpartition('/')[0]}/{DATABASE}", package=package)


@pytest.fixture
def office(stage: Stage) -> Office:
    return Office(stage)


@pytest.fixture(autouse=True)
def told(request: pytest.FixtureRequest) -> Iterator[None]:
    """Say how long each step took."""
    name = request.node.name.removeprefix("test_").replace("_", " ")
    print(f"\n== {name}", flush=True)
    began = time.monotonic()
    yield
    print(f"== {name}: {time.monotonic() - began:.1f} s", flush=True)


class TestTheStage:
    """Each step stands on the one before."""

    def test_is_deployed(self, stage: Stage) -> None:
        # An earlier attempt broke off before Zappa came to the API.
        stage.leave_half_made()

        assert stage.release("deploy") == 0

        assert len(stage.live_versions()) == 3

    def test_is_closed_to_whoever_comes_past_the_edge(self, stage: Stage) -> None:
        assert stage.ask("GET", "/", headers={"x-api-key": "guessed"}).status_code == 403

    def test_opens_when_it_is_filled(self, stage: Stage) -> None:
        stage.fill()

        page = stage.ask("GET", "/gb/en/")

        assert page.status_code == 200
        assert f"https://{stage.domain}/static/" in page.text
        assert stage.release("smoke") == 0

    def test_sells(self, stage: Stage) -> None:
        placed = stage.place()

        assert until(lambda: stage.status_of(placed) == "paid")
        told = {
            "fulfilment": {"orders.order.paid.v1": 1, "shipping.shipment.requested.v1": 1},
            "accounting": {"orders.order.paid.v1": 1, "payments.payment.captured.v1": 1},
            # The demo's shopper is among them.
            "crm": {"accounts.customer.registered.v1": 1, **_bought(1)},
        }
        for system, events in told.items():
            assert until(lambda: stage.hears(system) == events), (system, stage.heard)  # noqa: B023
        assert until(lambda: len(stage.mails()) >= 1)

    def test_reads_an_address_as_it_was_sent(self, stage: Stage) -> None:
        """Through API Gateway and Lambda, whatever a SKU holds; that it is not sold is answer enough."""
        assert stage.refuse(ODD_SKUS) == list(ODD_SKUS)

    def test_takes_a_picture_from_the_office_and_shows_it_in_the_sizes_that_screens_need(
        self, stage: Stage, office: Office
    ) -> None:
        content = PICTURE.read_bytes()

        saved = office.send(
            "/admin/catalog/category/add/",
            file=("picture", PICTURE.name, content),
            name="Of the stage",
            slug="of-the-stage",
        )

        assert saved.status_code == 302, saved.text[:2000]
        ((name,),) = stage.rows("SELECT picture FROM catalog_category WHERE slug = 'of-the-stage'")
        assert stage.stored(name) == content
        assert until(lambda: stage.renditions_of(name) == [160, 320, 640, 960, 1600])

    def test_hands_out_an_invoice_as_it_was_written(self, stage: Stage, office: Office) -> None:
        invoices = "SELECT id FROM invoicing_document WHERE kind = 'invoice'"
        assert until(lambda: bool(stage.rows(invoices)))
        ((invoice,), *_) = stage.rows(invoices)

        answer = office.read(f"/admin/invoicing/document/{invoice}/file/")

        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
        assert answer.content.startswith(b"%PDF-")
        assert answer.content.rstrip().endswith(b"%%EOF")

    def test_goes_on_when_the_database_hangs_up(self, stage: Stage) -> None:
        """As after a fail-over: what is kept is looked at before it is used, whatever the work."""
        assert stage.manage("migrate --check") == 0
        assert stage.ask("GET", "/api/v1/categories/").status_code == 200

        assert stage.hang_up() >= 2

        assert [stage.manage("migrate --check") for _ in range(2)] == [0, 0]
        assert stage.ask("GET", "/api/v1/categories/").status_code == 200
        placed = stage.place()
        assert until(lambda: stage.status_of(placed) == "paid")

    def test_shows_nobody_a_release_that_cannot_answer(self, stage: Stage) -> None:
        before = stage.live_versions()

        assert stage.release("deploy", package=_broken(stage)) == 1

        assert stage.live_versions() == before
        assert stage.ask("GET", "/gb/en/").status_code == 200

    def test_loses_nothing_to_a_release_with_a_bug(self, stage: Stage) -> None:
        assert stage.release("deploy", package=_stumbling(stage)) == 0
        stage.give_up_after("orders", receives=3)
        cities = [
            POISONED_CITY if place % (ORDERS // POISONED) == 1 else "London"
            for place in range(ORDERS)
        ]
        began = time.monotonic()

        placed = stage.place_many(cities)

        print(f"   {ORDERS} orders accepted in {time.monotonic() - began:.1f} s", flush=True)
        good = ORDERS - POISONED
        assert until(lambda: _paid(stage) == good + BEFORE)
        print(f"   {good} of them paid after {time.monotonic() - began:.1f} s", flush=True)
        assert until(lambda: _dead(stage) == POISONED)
        print(f"   {POISONED} set aside after {time.monotonic() - began:.1f} s", flush=True)
        assert _unknown(stage, placed) == POISONED

    def test_works_what_was_set_aside_once_it_is_mended(self, stage: Stage) -> None:
        assert stage.release("deploy", "--only-code") == 0
        # As a pipeline releases: its role has the rights for what was called.
        assert needed(stage.calls) - granted() == set()
        # The clock lets the worker collect them, each minute.
        assert until(lambda: _collected(stage) == POISONED)

        # As a person would type it; `live` must stand last.
        stage.zappa("manage", f"{STAGE}_worker", "dlq redrive --all", "--qualifier", "live")

        every = ORDERS + BEFORE
        assert until(lambda: _paid(stage) == every)
        assert until(lambda: _dead(stage) == 0)
        sold = {"accounts.customer.registered.v1": 1, **_bought(every)}
        assert until(lambda: stage.hears("crm") == sold), stage.hears("crm")
        assert stage.rows("SELECT count(*), count(DISTINCT reference) FROM payments_payment") == [
            (every, every)
        ]
        assert stage.manage("check_shop") == 0
        print(f"   {stage.asked_again} requests were asked again after 29 s", flush=True)

    def test_goes_back_to_the_version_before(self, stage: Stage) -> None:
        mended = stage.live_versions()
        # No order shall be given up while a busy machine goes there and back.
        stage.give_up_after("orders", receives=40)
        stage.leave_schedule(NEW_TASK)
        assert stage.release("rollback") == 0
        buggy = stage.live_versions()
        assert all(int(buggy[name]) < int(mended[name]) for name in mended)
        assert needed(stage.calls) - granted() == set()

        waiting = stage.place(city=POISONED_CITY)
        served = stage.place()
        assert until(lambda: stage.status_of(served) == "paid")
        assert stage.status_of(waiting) == "accepted"

        assert stage.release("rollback") == 0
        assert until(lambda: stage.status_of(waiting) == "paid")

    def test_drains_what_has_piled_up(self, stage: Stage) -> None:
        """The clock wakes the first relay; each ends in time, and lets another go on."""
        assert until(lambda: stage.waiting_events() == 0)
        before, time_outs = stage.hears("fulfilment").get(PILED, 0), stage.time_outs()
        stage.pile_up(PILED, count=EVENTS)
        assert stage.waiting_events() == EVENTS
        began = time.monotonic()

        assert until(lambda: stage.waiting_events() == 0)

        print(f"   {EVENTS} events drained in {time.monotonic() - began:.1f} s", flush=True)
        assert until(lambda: stage.hears("fulfilment").get(PILED, 0) == before + EVENTS)
        assert stage.time_outs() == time_outs
        assert stage.depth("tasks-dlq") == 0

    def test_makes_no_dead_letters_of_a_clock_that_the_roll_back_left(self, stage: Stage) -> None:
        """Its runs expire and are dropped."""
        assert until(lambda: stage.lines_of_worker(NEW_TASK, "DROPPED") >= 1)

        stage.forget_schedule(NEW_TASK)
        assert stage.depth("tasks-dlq") == 0
        assert _collected(stage) == 0

    def test_is_taken_away_and_leaves_nothing(self, stage: Stage) -> None:
        assert stage.release("destroy", "--confirm", STAGE) == 0

        assert left_over() == {"secrets": [f"rds!{STAGE}"]}


def _make_database(server: str) -> None:
    connection = psycopg2.connect(server)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {DATABASE}")
    connection.close()


def _broken(stage: Stage) -> Path:
    return with_bug(stage.package, module="ecommerce/urls.py", bug="\nraise KeyError\n")


def _stumbling(stage: Stage) -> Path:
    return with_bug(stage.package, module="apps/orders/tasks.py", bug=STUMBLE)


def _bought(orders: int) -> dict[str, int]:
    return {"orders.order.placed.v1": orders, "orders.order.paid.v1": orders}


def _paid(stage: Stage) -> int:
    ((count,),) = stage.rows("SELECT count(*) FROM orders_order WHERE paid_at IS NOT NULL")
    return int(count)


def _dead(stage: Stage) -> int:
    """Messages that SQS gave up, in their queue or already before staff."""
    return _collected(stage) + stage.depth("orders-dlq")


def _collected(stage: Stage) -> int:
    ((count,),) = stage.rows("SELECT count(*) FROM deadletters_deadletter WHERE state = 'waiting'")
    return int(count)


def _unknown(stage: Stage, placed: list[Placed]) -> int:
    known = {str(row[0]) for row in stage.rows("SELECT id FROM orders_order")}
    return len([one for one in placed if one.id not in known])
