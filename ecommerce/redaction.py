"""What must not be read in a log is masked: secrets, and what tells who a shopper is."""

import re
from collections.abc import Iterable

MASK = "•••"

_HIDDEN = r"[\w.-]{0,40}(?:passw(?:or)?d|secret|token|signature|authorization|api[_-]?key|cookie|session)[\w-]{0,40}"
_PERSONAL = (
    r"e-?mail|(?:first|last|full|given|family)[_ ]?name|recipient|company|phone|street|address"
    r"|lines?[_ ]?[12]|city|post(?:al_?)?code|zip|vat_id|iban|birth\w*|cvc|card\w*"
)
# A quote may be escaped, as often as the text was quoted in another; what is cut off has no end.
_QUOTE = r"(?<!\\)\\{0,15}['\"]"
_VALUE = rf"(?:(?P<quote>{_QUOTE}).*?(?:(?<!\\)(?P=quote)|$)|\[[^\]]*\]|[^\s'\",;&)}}\]\\]+)"
_PATTERNS = (
    # PostgreSQL tells the values of a row that breaks a constraint.
    (re.compile(r"(Failing row contains )\(.*?\)\.(?=\n|$)", re.DOTALL), rf"\1({MASK})."),
    (re.compile(r"(Key \([^=]*\)=)\(.*?\)(?= |$)", re.MULTILINE), rf"\1({MASK})"),
    (re.compile(r"(://[^\s:/@]*:)[^\s/@]+@"), rf"\1{MASK}@"),
    (re.compile(r"\b(bearer|basic|api-key)\s+[\w.~+/=-]+", re.IGNORECASE), rf"\1 {MASK}"),
    (
        re.compile(
            rf"(?<![\w.-])((?:{_HIDDEN}|{_PERSONAL})(?:{_QUOTE})?\s*[=:]\s*){_VALUE}",
            re.IGNORECASE | re.DOTALL,
        ),
        rf"\1{MASK}",
    ),
    # A name is personal where it is a field of somebody's; a task has one too.
    (
        re.compile(rf"({_QUOTE}(?:name|number){_QUOTE}\s*:\s*){_VALUE}", re.DOTALL),
        rf"\1{MASK}",
    ),
    (re.compile(r"(?<![\w.+-])[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+"), MASK),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), MASK),
    (re.compile(r"\b(?:sk|rk|whsec|tok)_\w+"), MASK),
    # Capabilities that lie in an address: who has the link may look, or set a password.
    (re.compile(r"(/orders/[0-9a-f-]{36}/)(?!status\b|refund)[^/\s?'\"]+"), rf"\1{MASK}"),
    (re.compile(r"(/password/)[^/\s]+/[^/\s]+"), rf"\1{MASK}"),
    (re.compile(r"(/(?:pay/return|demo-bank)/)[^/\s?'\"]+"), rf"\1{MASK}"),
    (re.compile(r"(/account/open/)[^/\s]+"), rf"\1{MASK}"),
    (re.compile(r"([?&](?:key|code|state|cart)=)[^&\s'\"]+"), rf"\1{MASK}"),
    # What looks like chance: neither a word nor an id of ours, which have no capitals.
    (re.compile(r"(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{24,}(?![\w-])"), MASK),
)
_CARD_NUMBER = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")


def redact(text: str, *, secrets: Iterable[str] = ()) -> str:
    """The text without these secrets, and without what looks like one or like personal data."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return _CARD_NUMBER.sub(_without_card_number, text)


def _without_card_number(match: re.Match[str]) -> str:
    digits = [int(digit) for digit in match[0] if digit.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return MASK if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 else match[0]
