from apps.core.errors import DomainError


class NothingLeftToReturn(DomainError):
    code = "nothing_left_to_return"
    message = "More would come back than was bought and not yet returned."
