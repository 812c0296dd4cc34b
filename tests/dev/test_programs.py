"""What `make run` starts works every queue that there is."""

from dev import programs
from ecommerce.messaging import QUEUES


def test_every_queue_has_a_worker_and_banks_share_none_with_orders() -> None:
    prompt, slow = programs._PROMPT.split(","), programs._SLOW.split(",")

    assert sorted([*prompt, *slow]) == sorted(queue.name for queue in QUEUES)
    assert "orders" in prompt
    assert {"payments", "refunds", "bulk"} <= set(slow)
