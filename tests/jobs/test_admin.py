"""Long work can be watched, stopped, gone on with, and its errors taken home as a file."""

from collections.abc import Iterator

import pytest
from django.contrib.auth import get_user
from django.test import Client
from django.urls import reverse

from apps.core.errors import NotFound
from apps.jobs import services
from apps.jobs.models import Job
from tests.staff import log_in, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    return log_in(is_superuser=True)


@pytest.fixture(autouse=True)
def _work() -> Iterator[None]:
    def refuse_formulas(key: str, **_: object) -> None:
        if key.startswith("="):
            raise NotFound("-1 is no answer")

    services._works["tests.refuse"] = services.Work(refuse_formulas)
    yield
    del services._works["tests.refuse"]


def start(*keys: str) -> Job:
    return services.start_job(work="tests.refuse", title="Refuse", keys=keys, at_once=True)


def page(job: Job, name: str) -> str:
    return reverse(f"admin:jobs_job_{name}", args=[job.pk])


class TestTheScreen:
    def test_shows_how_far_a_job_is_and_comes_anew(self, staff: Client) -> None:
        job = start("a", "=b", "c")

        waiting = staff.get(page(job, "change"))
        services.run_job(job_id=job.pk)
        over = staff.get(page(job, "change"))

        assert (waiting["Refresh"], "0 of 3" in waiting.text) == ("3", True)
        assert ("Refresh" in over, "3 of 3" in over.text) == (False, True)

    def test_stops_and_goes_on_once_it_was_asked(self, staff: Client) -> None:
        job = start("a")

        staff.get(page(job, "stop"))
        job.refresh_from_db()
        assert job.state == "queued"
        staff.post(page(job, "stop"))
        job.refresh_from_db()
        assert job.state == "stopped"
        refused = staff.post(page(job, "stop"), follow=True)
        assert told(refused) == ["This job is over, or was stopped before."]
        staff.post(page(job, "go_on"))

        job.refresh_from_db()
        assert job.state == "queued"

    def test_tries_what_failed_again(self, staff: Client) -> None:
        job = start("=b")
        services.run_job(job_id=job.pk)

        staff.post(page(job, "try_again"))

        job.refresh_from_db()
        assert (job.state, job.failed) == ("queued", 0)

    def test_gives_the_errors_as_a_file_without_formulas(self, staff: Client) -> None:
        job = start("a", "=HYPERLINK(1)")
        services.run_job(job_id=job.pk)

        file = staff.get(page(job, "errors"))

        assert file["Content-Type"] == "text/csv; charset=utf-8"
        assert file.content.decode().splitlines() == [
            "line,key,error", "2,'=HYPERLINK(1),'-1 is no answer",
        ]  # fmt: skip

    def test_is_for_those_who_may(self) -> None:
        job, clerk = start("a"), log_in("view_job")

        assert clerk.get(page(job, "change")).status_code == 200
        assert clerk.post(page(job, "stop")).status_code == 403
        assert log_in().get(page(job, "errors")).status_code == 403

    def test_is_seen_by_who_began_it(self) -> None:
        clerk = log_in()
        job = start("a")
        Job.objects.filter(pk=job.pk).update(actor_id=get_user(clerk).pk)

        assert clerk.get(page(job, "change")).status_code == 200
        assert clerk.get(reverse("admin:jobs_job_changelist")).status_code == 403

    @pytest.mark.parametrize(("rights", "status"), [((), 403), (("approve_order",), 302)])
    def test_is_let_go_on_by_those_who_could_begin_it(
        self, rights: tuple[str, ...], status: int
    ) -> None:
        """Otherwise whoever may stop the jobs of others could approve their orders."""
        clerk = log_in("view_job", "change_job", "view_order", *rights)
        job = start("a")
        Job.objects.filter(pk=job.pk).update(model="orders.Order", permissions=["approve"])
        services.stop_job(job_id=job.pk)

        answer = clerk.post(page(job, "go_on"))

        job.refresh_from_db()
        assert (answer.status_code, job.state == "queued") == (status, status == 302)
