from apps.deadletters import services
from apps.deadletters.events import DeadLetterRedriven
from apps.events.services import subscribe


@subscribe(DeadLetterRedriven, remote=True)
def send_again(event: DeadLetterRedriven) -> None:
    """Put the letter back on its queue. A crash may do so twice, as any message may come twice."""
    services.send_again(letter_id=event.letter_id)
