"""What workers do to one line of a list of translations."""

from apps.jobs.services import work
from apps.translations import services
from apps.translations.types import TextRow


@work(services.IMPORT)
def translate(_key: str, *, actor_id: int | None, **line: str) -> None:
    """Say what a line says in another language."""
    services.translate(TextRow(**line))
