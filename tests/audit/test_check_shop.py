"""The checker finds nothing in a shop that works, and each invariant bites when it is broken."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from apps.audit import selectors, tasks
from apps.audit.models import Pass
from apps.audit.selectors import list_invariants, list_violations
from apps.audit.services import check_all, check_changes, checks
from apps.core.services import deadline_at
from tests.factories.accounts import UserFactory
from tests.factories.trade import trade

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("busy_shop")]


@pytest.fixture(scope="module")
def busy_shop(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """One shop for all tests here, each of which is undone: nothing is broken for good."""
    with django_db_blocker.unblock():
        trade()
        try:
            yield
        finally:
            call_command("flush", verbosity=0, interactive=False)


SPAIN = (
    "INSERT INTO pricing_market (code, name, currency, tax_included, countries, position)"
    " VALUES ('es', 'Spain', 'EUR', true, '{ES}', 0);"
    " INSERT INTO pricing_taxrate (country, region, postcodes, tax_class, rate)"
)
ORDER = "(SELECT id FROM orders_order WHERE status = 'completed' ORDER BY id LIMIT 1)"
PAID = "(SELECT id FROM orders_order WHERE status = 'paid' ORDER BY id LIMIT 1)"
EVENTS_OF_IT = (
    "DELETE FROM events_delivery WHERE message_id IN (SELECT id FROM events_outboxmessage"
    " WHERE type = '{0}'); DELETE FROM events_outboxmessage WHERE type = '{0}'"
)
NEW_TYPE = "INSERT INTO catalog_producttype (code, name) VALUES ('other', 'Other')"
# What a bug, or a person at the database, could do; and the invariant that must say so.
DAMAGE = [
    ("C1", "UPDATE catalog_variant SET option_text = 'else'"),
    ("C1", "UPDATE catalog_variant SET combination = combination || 7::bigint"),
    ("C1", "DELETE FROM catalog_variantoption"),
    ("C2", "DELETE FROM catalog_productoption"),
    ("C3", "UPDATE catalog_attribute SET kind = 'decimal' WHERE kind = 'text'"),
    (
        "C3",
        f"{NEW_TYPE}; UPDATE catalog_product SET product_type_id = currval('catalog_producttype_id_seq')",
    ),
    ("I1", "UPDATE inventory_stocklevel SET reserved = on_hand + 1"),
    ("I2a", "UPDATE inventory_stocklevel SET on_hand = on_hand + 1"),
    ("I2a", "DELETE FROM inventory_movement WHERE reason = 'shipped'"),
    ("I2b", "UPDATE inventory_stocklevel SET reserved = reserved + 1"),
    (
        "I3",
        "UPDATE events_outboxmessage SET type = 'a.b.c.v1' WHERE type = 'orders.order.placed.v1'",
    ),
    ("I4a", "UPDATE payments_payment SET amount_minor = amount_minor + 1"),
    ("I4a", "UPDATE payments_payment SET currency = 'EUR'"),
    (
        "I4a",
        "INSERT INTO payments_payment (id, reference, share, attempt, gateway, token, currency,"
        " amount_minor, authorised_minor, captured_minor, refunded_minor, gateway_reference,"
        " action_url, created_at, updated_at)"
        " SELECT gen_random_uuid(), reference, 1, 1, gateway, token, currency, 1, 0, 0, 0, '', '',"
        " now(), now() FROM payments_payment LIMIT 1",
    ),
    ("I4b", "UPDATE payments_payment SET refunded_minor = captured_minor"),
    ("I4b", "DELETE FROM payments_transaction WHERE kind = 'capture'"),
    ("I4c", "UPDATE payments_payment SET captured_minor = 0 WHERE refunded_minor = 0"),
    (
        "I4d",
        "UPDATE refunds_refund SET amount_minor = 1000000, adjustments_minor = 1000000 - lines_minor"
        " - shipping_minor",
    ),
    ("I4d", "UPDATE refunds_refundline SET quantity = 99"),
    ("I4e", "DELETE FROM payments_transaction WHERE kind = 'refund' AND outcome = 'succeeded'"),
    ("I4f", "UPDATE refunds_refundline SET paid_minor = paid_minor + 1"),
    ("I4f", "UPDATE refunds_refundadjustment SET amount_minor = amount_minor + 1"),
    ("R3", "UPDATE refunds_refundline SET amount_minor = amount_minor + 1"),
    ("R3", "UPDATE refunds_refundadjustment SET line_id = NULL"),
    (
        "I4g",
        "UPDATE invoicing_document SET total_minor = total_minor + 1 WHERE kind = 'credit_note'",
    ),
    ("I4g", "DELETE FROM invoicing_document WHERE kind = 'credit_note'"),
    ("I5c", "UPDATE invoicing_document SET total_minor = total_minor + 1 WHERE kind = 'invoice'"),
    ("I5c", "DELETE FROM invoicing_document WHERE kind = 'invoice'"),
    ("I7", "UPDATE invoicing_document SET number = number + 100 WHERE number = 1"),
    ("I5a", "DELETE FROM inventory_reservation"),
    ("I5a", EVENTS_OF_IT.format("orders.order.paid.v1")),
    ("I5b", "UPDATE inventory_reservation SET released_at = NULL"),
    ("I6", "UPDATE orders_order SET lines_minor = lines_minor + 1, tax_minor = tax_minor - 1"),
    (
        "I6",
        f"DELETE FROM orders_orderadjustment WHERE order_id = {PAID};"
        f" DELETE FROM orders_orderline WHERE order_id = {PAID}",
    ),
    ("I6", "UPDATE orders_orderadjustment SET line_id = NULL"),
    ("O9", "UPDATE orders_orderline SET paid_minor = paid_minor + 1"),
    ("O9", "UPDATE orders_orderadjustment SET amount_minor = amount_minor - 1"),
    ("O10", "DELETE FROM orders_orderadjustment WHERE line_id IS NULL"),
    ("O10", "UPDATE orders_orderadjustment SET currency = 'EUR'"),
    ("O10", "UPDATE orders_orderadjustment SET line_id = (SELECT min(id) FROM orders_orderline)"),
    ("I9a", "UPDATE events_outboxmessage SET payload = jsonb_set(payload, '{version}', '1')"),
    ("I9b", "UPDATE orders_order SET status = 'placed' WHERE status = 'paid'"),
    ("I9c", "UPDATE orders_order SET pay_by = now() - interval '1 day'"),
    ("I9c", "UPDATE orders_order SET status = 'placed', created_at = now() - interval '2 hours'"),
    (
        "I10",
        "UPDATE events_outboxmessage SET fanned_out_at = NULL,"
        " occurred_at = now() - interval '6 minutes'",
    ),
    (
        "I10",
        "UPDATE events_delivery SET delivered_at = NULL;"
        " UPDATE events_outboxmessage SET occurred_at = now() - interval '6 minutes'",
    ),
    (
        "I12",
        "UPDATE events_outboxmessage SET payload = jsonb_set(payload, '{reason}', '\"staff\"')",
    ),
    (
        "I13",
        "INSERT INTO pricing_market (code, name, currency, tax_included, countries, position)"
        " VALUES ('alps', 'Alps', 'CHF', true, '{CH}', 0)",
    ),
    ("I13", f"{SPAIN} VALUES ('ES', '', '35', 'standard', 0.07)"),
    (
        "I13",
        f"{SPAIN} VALUES ('ES', '', '', 'standard', 0.21);"
        " UPDATE catalog_variant SET tax_class = 'parking'",
    ),
    ("S1", "DELETE FROM shipping_shipmentline"),
    ("S2", "UPDATE orders_orderline SET shipped_quantity = 0"),
    ("S3", "UPDATE orders_order SET status = 'completed' WHERE status = 'paid'"),
    ("S3", "UPDATE orders_order SET status = 'rejected' WHERE status = 'paid'"),
    ("S4", "UPDATE shipping_shipment SET due_at = now() - interval '1 day'"),
    # What joins cannot see, because a side of them is gone.
    ("O1", "UPDATE orders_orderline SET unit_price = unit_price + 1"),
    ("O2", "UPDATE orders_order SET address = '{}'"),
    ("O2", "UPDATE orders_order SET email = ''"),
    ("O3", "UPDATE orders_order SET customer_id = (SELECT min(id) FROM accounts_user)"),
    (
        "O4",
        "DELETE FROM payments_transaction; DELETE FROM payments_webhookevent;"
        " DELETE FROM payments_payment",
    ),
    ("O5", f"UPDATE payments_payment SET reference = gen_random_uuid() WHERE reference = {PAID}"),
    (
        "O5",
        "SET session_replication_role = replica;"
        f" DELETE FROM orders_order WHERE id = {ORDER}; SET session_replication_role = origin",
    ),
    (
        "O6",
        f"UPDATE inventory_reservation SET reference = gen_random_uuid() WHERE reference = {PAID}",
    ),
    (
        "O7",
        "INSERT INTO orders_missingorder (id, number, accepted_at, looked_at,"
        " noticed_at)"
        " VALUES (gen_random_uuid(), 'A', now(), now(), now())",
    ),
    (
        "O8",
        "INSERT INTO deadletters_deadletter (queue, message_id, body, identity, task, reason,"
        " receive_count, sent_at, seen_at, state, note) VALUES ('orders-dlq', 'm', '', 'i', '', '', 1,"
        " now(), now() - interval '20 days', 'waiting', '')",
    ),
    ("R1", "UPDATE refunds_refund SET state = 'approved', created_at = now() - interval '9 days'"),
    ("R2", "UPDATE inventory_movement SET reference = 'nobody' || id WHERE reason = 'shipped'"),
    ("S5", EVENTS_OF_IT.format("shipping.shipment.requested.v1")),
    ("M1", EVENTS_OF_IT.format("payments.payment.captured.v1")),
    ("M2", "UPDATE payments_payment SET closed_at = now() WHERE captured_minor > refunded_minor"),
    ("M3", "UPDATE payments_payment SET attempt = 2"),
    (
        "M3",
        "INSERT INTO payments_payment (id, reference, share, attempt, gateway, token, currency,"
        " amount_minor, authorised_minor, captured_minor, refunded_minor, gateway_reference,"
        " action_url, closed_at, created_at, updated_at)"
        " SELECT gen_random_uuid(), reference, share, 2, gateway, token, currency,"
        " amount_minor - 1, 0, 0, 0, '', '', now(), now(), now() FROM payments_payment LIMIT 1",
    ),
    ("E1", "DELETE FROM events_delivery WHERE target = 'sns'"),
    ("E1", "DELETE FROM events_delivery WHERE target = 'notifications.tell_confirmed'"),
    (
        "E2",
        "INSERT INTO downstream_receipt (message_id, system, received_at) SELECT id, 'crm', now()"
        " FROM events_outboxmessage WHERE type = 'orders.order.placed.v1' LIMIT 1;"
        " UPDATE events_delivery SET delivered_at = now() - interval '20 minutes'"
        " WHERE target = 'sns'",
    ),
    (
        "J1",
        "INSERT INTO jobs_job (id, work, title, options, model, noted, state, rows, done, failed,"
        " created_at, finished_at)"
        " VALUES (gen_random_uuid(), 'a', 'A', '{}', '', '', 'done', 1, 1, 0, now(), now())",
    ),
    ("N1", "DELETE FROM notifications_message WHERE kind = 'order_confirmed'"),
    (
        "N2",
        "UPDATE notifications_message SET state = 'sending',"
        " updated_at = now() - interval '2 days'",
    ),
    (
        "N2",
        "UPDATE notifications_message SET state = 'failed', updated_at = now() - interval '2 days'",
    ),
    ("N3", "UPDATE notifications_message SET recipient = 'eve@example.com'"),
]


@contextmanager
def damage(statement: str) -> Iterator[None]:
    """The shop as the statement leaves it, for a while; a last guard against it, a constraint, is away."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE inventory_stocklevel DROP CONSTRAINT inventory_reserved_is_on_hand"
            )
            cursor.execute(statement)
        yield
        transaction.set_rollback(True)


class TestAShopThatWorks:
    def test_breaks_nothing(self) -> None:
        assert list_violations() == []
        assert check_changes().violations == 0
        assert check_all().violations == 0

    def test_breaks_nothing_by_writing_no_mails(self, settings: Settings) -> None:
        """Where there is no channel nobody is told of orders, and nobody was to be."""
        settings.SHOP = {**settings.SHOP, "NOTIFICATION_CHANNELS": {}}
        with damage("DELETE FROM notifications_message"):
            assert list_violations() == []

    def test_is_said_to_hold(self) -> None:
        out = StringIO()

        call_command("check_shop", stdout=out)

        assert f"All {len(list_invariants())} invariants hold." in out.getvalue()


class TestEachInvariant:
    def test_has_a_way_to_break_it_here(self) -> None:
        assert {code for code, _ in DAMAGE} == {one.code for one in list_invariants()}

    @pytest.mark.parametrize(("code", "statement"), DAMAGE)
    def test_is_noticed_when_broken(
        self, code: str, statement: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        UserFactory.create()
        with damage(statement):
            out, err = StringIO(), StringIO()
            with pytest.raises(CommandError):
                call_command("check_shop", stdout=out, stderr=err)
            assert f"{code:<5} BROKEN" in out.getvalue()
            assert check_all(anew=True).violations > 0
            assert f"{code} broken" in caplog.text


class TestChanges:
    def test_are_looked_at_since_the_last_check(self, caplog: pytest.LogCaptureFixture) -> None:
        assert check_changes().violations == 0
        with damage("UPDATE orders_orderline SET unit_price = unit_price + 1"):
            assert check_changes().violations > 0
            assert "O1 broken" in caplog.text

    def test_of_long_ago_are_left_to_the_whole_check(self) -> None:
        check_changes()
        Pass.objects.update(started_at=timezone.now() + timedelta(hours=1))
        with damage("UPDATE orders_orderline SET unit_price = unit_price + 1"):
            assert check_changes().violations == 0
            assert check_all().violations > 0

    def test_are_looked_at_in_as_many_pieces_as_the_time_allows(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = check_changes()
        assert whole.finished_at
        Pass.objects.all().delete()
        monkeypatch.setattr(selectors, "CHUNK", 2)
        monkeypatch.setattr(selectors, "PAGE", 3)

        with damage("UPDATE orders_orderline SET unit_price = unit_price + 1"):
            broken = find_broken_in_a_hurry()
            assert Pass.objects.get().violations == broken[-1].violations > 1

        assert broken[-1].checked == whole.checked
        assert len(broken) > whole.checked / 2

    def test_are_those_since_the_check_before_however_late_it_goes_on(self) -> None:
        began = timezone.now()
        whole = check_changes().checked
        Pass.objects.all().delete()
        with deadline_at(time.monotonic() + 1):
            late = check_changes()
        assert 0 < late.checked < whole
        with time_machine.travel(began + timedelta(hours=30), tick=False):
            done = check_changes()

        assert (done.pk, done.checked, done.started_at) == (late.pk, whole, late.started_at)

    def test_of_a_check_that_was_broken_off_are_gone_on_with(self, queues: Any) -> None:
        with deadline_at(time.monotonic() + 1):
            assert tasks.check_shop() is False
        assert [one["headers"]["task"] for one in queues.wait_for("bulk")] == ["audit.check_shop"]
        assert tasks.resume_check() == 0
        Pass.objects.update(touched_at=timezone.now() - timedelta(minutes=3))
        assert tasks.resume_check() == 1


def find_broken_in_a_hurry() -> list[Pass]:
    """Check the changes with no time for more than one piece, again and again until it is done."""
    with deadline_at(time.monotonic() + 1):
        passes = [check_changes()]
        while not passes[-1].finished_at:
            passes.append(check_changes())
            assert len(passes) < 1_000
    return passes


class TestTheWholeCheck:
    def test_goes_on_where_the_time_was_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(selectors, "CHUNK", 2)
        whole = check_all()
        assert whole.finished_at
        left = iter([1.0] * 3)
        monkeypatch.setattr(checks, "seconds_left", lambda: next(left, None))

        passes = [check_all() for _ in range(4)]

        assert [one.finished_at is not None for one in passes] == [False, False, False, True]
        assert len({one.pk for one in passes}) == 1
        assert passes[-1].checked == whole.checked

    def test_says_that_all_holds_only_once_it_has_seen_all(self, capfd: Any) -> None:
        with deadline_at(time.monotonic() + 1):
            check_all()
        assert "BrokenInvariantsOverall" not in capfd.readouterr().out
        check_all()
        assert '"BrokenInvariantsOverall": [0]' in capfd.readouterr().out

    def test_says_at_once_what_is_broken(self, capfd: Any) -> None:
        with damage("UPDATE orders_order SET pay_by = now() - interval '1 day'"):
            with deadline_at(time.monotonic() + 1):
                assert check_all(anew=True).finished_at is None
            assert '"BrokenInvariantsOverall"' in capfd.readouterr().out

    def test_is_on_record_apart_from_the_hourly_one(self, capfd: Any) -> None:
        check_changes()
        said = capfd.readouterr().out

        assert '"BrokenInvariants": [0]' in said
        assert "BrokenInvariantsOverall" not in said

    def test_begins_anew_if_it_shall(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(selectors, "CHUNK", 2)
        monkeypatch.setattr(checks, "seconds_left", lambda: 1.0)
        broken_off = check_all()

        assert check_all(anew=True).pk != broken_off.pk
