"""Periodic tasks exist, and every task is named after the app and the function that it is."""

import re
from typing import Any

import pytest
from celery import Task, current_app
from django.core.exceptions import ImproperlyConfigured

from ecommerce.schedule import SCHEDULE, add_rows

NAME = re.compile(r"[a-z_]+\.[a-z_]+$")


def our_tasks() -> dict[str, Task]:
    current_app.loader.import_default_modules()
    return {
        name: task
        for name, task in current_app.tasks.items()
        if task.run.__module__.startswith("apps.")
    }


def misnamed(*, name: str, module: str, function: str) -> bool:
    """Whether a task is called anything but `<app>.<function>`."""
    return not NAME.match(name) or name != f"{module.split('.')[1]}.{function}"


class TestTasks:
    def test_are_named_after_app_and_function(self) -> None:
        tasks = our_tasks()

        assert {"orders.process_order", "events.relay"} <= set(tasks)
        assert [
            name
            for name, task in tasks.items()
            if misnamed(name=name, module=task.run.__module__, function=task.run.__name__)
        ] == []

    @pytest.mark.parametrize(
        ("name", "wrong"),
        [("orders.process_order", False), ("apps.orders.tasks.process_order", True), ("x.y", True)],
    )
    def test_with_another_name_are_noticed(self, name: str, wrong: bool) -> None:
        assert misnamed(name=name, module="apps.orders.tasks", function="process_order") is wrong


def unregistered(schedule: dict[str, dict[str, Any]]) -> set[str]:
    """The tasks that a schedule names and nobody has written."""
    return {entry["task"] for entry in schedule.values()} - set(our_tasks())


class TestTheSchedule:
    def test_names_registered_tasks_only(self) -> None:
        assert SCHEDULE
        assert unregistered(SCHEDULE) == set()

    def test_with_an_unknown_task_is_noticed(self) -> None:
        assert unregistered({**SCHEDULE, "dream": {"task": "orders.dream"}}) == {"orders.dream"}

    @pytest.mark.parametrize("row", SCHEDULE.values(), ids=SCHEDULE)
    def test_drops_a_run_that_the_next_one_overtakes(self, row: dict[str, Any]) -> None:
        schedule = row["schedule"]
        runs_a_day = len(schedule.minute) * len(schedule.hour)

        assert 0.8 < row["options"]["expires"] / (86_400 / runs_a_day) < 1

    def test_of_an_add_on_replaces_no_row_of_the_shop(self) -> None:
        with pytest.raises(ImproperlyConfigured, match=r"shop_acme.schedule names rows .* recount"):
            add_rows({"recount the stock": {"task": "acme.nothing"}}, of="shop_acme.schedule")

        assert SCHEDULE["recount the stock"]["task"] == "inventory.recount"

    def test_is_the_one_that_beat_runs(self) -> None:
        assert current_app.conf.beat_schedule == SCHEDULE
