from apps.deadletters import services
from apps.deadletters.events import DeadLetterRedriven
from apps.events.services import subscribe


@subscribe(DeadLetterRedriven, remote=True)
def send_again(event: DeadLetterRedriven) -> None:
    services.send_again(letter_id=event.letter_id)
