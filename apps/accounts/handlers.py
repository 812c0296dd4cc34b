from apps.accounts import selectors
from apps.accounts.events import CustomerRegistered, CustomerUpdated
from apps.events.services import personalise

personalise(CustomerRegistered, CustomerUpdated)(selectors.read_personal_data)
