"""The workbench of dead letters."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.deadletters.models import DeadLetter
from apps.deadletters.selectors import list_decisions
from apps.deadletters.services import park, redrive
from tests.factories.accounts import UserFactory
from tests.factories.events import make_envelope, make_letter
from tests.queues import Queues
from tests.relays import relay
from tests.staff import log_in, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    return log_in(is_superuser=True)


LETTERS = reverse("admin:deadletters_deadletter_changelist")


def press(client: Client, action: str, *letters: DeadLetter, **fields: str) -> Any:
    chosen = [letter.pk for letter in letters]
    data = {"action": action, "_selected_action": chosen, **fields}
    return client.post(LETTERS, data, follow=True)


def page_of(letter: DeadLetter, name: str) -> str:
    return reverse(f"admin:deadletters_deadletter_{name}", args=[letter.pk])


class TestTheWorkbench:
    def test_redrives_several_at_once(self, staff: Client, queues: Queues) -> None:
        letters = [make_letter(queues, body) for body in ("1", "2")]

        response = press(staff, "redrive", *letters, answered="yes")
        relay()

        assert told(response) == ["2 dead letters are tried again."]
        assert queues.unfinished("tasks") == 2
        (event,) = list_decisions(letters[0])
        assert event.actor_id == int(staff.session["_auth_user_id"])

    def test_shows_the_refusal_of_a_second_time(self, staff: Client, queues: Queues) -> None:
        letter = make_letter(queues)
        press(staff, "redrive", letter, answered="yes")

        response = press(staff, "redrive", letter, answered="yes")

        assert told(response) == ["This was decided before; nothing has changed."]
        assert list_decisions(letter).count() == 1

    def test_asks_for_a_reason_before_it_parks(self, staff: Client, queues: Queues) -> None:
        letters = [make_letter(queues, body) for body in ("1", "2")]

        asked = press(staff, "park", *letters)
        empty = press(staff, "park", *letters, answered="yes", reason="")
        assert set(DeadLetter.objects.values_list("state", flat=True)) == {"waiting"}
        done = press(staff, "park", *letters, answered="yes", reason="known")

        assert asked.context["form"].errors == {}
        assert ("_selected_action", str(letters[0].pk)) in asked.context["hidden"]
        assert empty.context["form"].errors["reason"]
        assert told(done) == ["2 dead letters are parked."]
        assert set(DeadLetter.objects.values_list("state", "note")) == {("parked", "known")}

    def test_decides_about_one_on_its_page(self, staff: Client, queues: Queues) -> None:
        first, second = make_letter(queues, "1"), make_letter(queues, "2")

        for letter, name in ((first, "redrive_one"), (second, "park_one")):
            assert staff.get(page_of(letter, name)).status_code == 200
        assert set(DeadLetter.objects.values_list("state", flat=True)) == {"waiting"}
        staff.post(page_of(first, "redrive_one"))
        staff.post(page_of(second, "park_one"), {"reason": "known"})

        assert [one.state for one in DeadLetter.objects.order_by("pk")] == ["redriven", "parked"]

    def test_shows_payload_error_and_what_was_decided(self, staff: Client, queues: Queues) -> None:
        body = make_envelope(
            task="orders.process_order", request={"note": "<b>bold</b>", "payment_token": "tok_1"}
        )
        first = make_letter(queues, body, queue="orders-dlq", dead_letter_reason="version 9")
        clerk = UserFactory.create()
        park(letter_ids=[first.pk], actor_id=clerk.pk, reason="until the fix")
        redrive(letter_ids=[first.pk], actor_id=8)
        second = make_letter(queues, body, queue="orders-dlq")

        page = staff.get(page_of(first, "change")).content.decode()
        again = staff.get(page_of(second, "change")).content.decode()

        assert "version 9" in page
        assert f"parked ({clerk}) until the fix" in page
        assert "redriven (8)" in page
        assert "&lt;b&gt;bold" in page
        assert "tok_1" not in page
        assert page_of(first, "change") in again
        assert "Received too often; no error was remembered." in again

    def test_offers_what_can_still_be_decided(self, staff: Client, queues: Queues) -> None:
        letter = make_letter(queues)
        names = ("redrive_one", "park_one")

        def offered() -> list[bool]:
            page = staff.get(page_of(letter, "change")).content.decode()
            return [page_of(letter, name) in page for name in names]

        assert offered() == [True, True]
        press(staff, "park", letter, answered="yes", reason="known")
        assert offered() == [True, False]
        press(staff, "redrive", letter, answered="yes")
        assert offered() == [False, False]

    def test_of_a_letter_that_is_not_there_leads_back(self, staff: Client) -> None:
        assert staff.get("/admin/deadletters/deadletter/x/change/").status_code == 302

    def test_is_filtered_and_searched(self, staff: Client, queues: Queues) -> None:
        letter = make_letter(queues, queue="orders-dlq", dead_letter_reason="version 9")
        make_letter(queues)

        for narrowed in (
            {"queue__exact": "orders-dlq"},
            {"q": "version"},
            {"q": letter.message_id},
        ):
            response = staff.get(LETTERS, narrowed)
            assert [one.pk for one in response.context["cl"].result_list] == [letter.pk]
        assert not staff.get(LETTERS, {"state__exact": "parked"}).context["cl"].result_list
        tomorrow = timezone.now() + timedelta(days=1)
        assert not staff.get(LETTERS, {"seen_at__gte": tomorrow}).context["cl"].result_list

    def test_lists_many_without_their_bodies(
        self, staff: Client, queues: Queues, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(20):
            make_letter(queues, f"poison {number}")

        with django_assert_max_num_queries(11):
            response = staff.get(LETTERS)

        assert response.context["cl"].result_list[0].get_deferred_fields() == {"body"}

    def test_lets_only_those_decide_who_may(self, queues: Queues) -> None:
        letter = make_letter(queues)
        reader = log_in("view_deadletter")
        assert reader.get(LETTERS).status_code == 200

        press(reader, "redrive", letter, answered="yes")
        for name in ("redrive_one", "park_one"):
            assert reader.post(page_of(letter, name), {"reason": "x"}).status_code == 403
        letter.refresh_from_db()
        assert letter.state == "waiting"

        press(log_in("view_deadletter", "redrive_deadletter"), "redrive", letter, answered="yes")
        letter.refresh_from_db()
        assert letter.state == "redriven"
