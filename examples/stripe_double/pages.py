"""The hosted page where the shopper pays, in plain HTML: a card, a challenge, a refusal, a way back."""

import html

from examples.stripe_double.book import Object

_DECIMALS = {"jpy": 0, "krw": 0, "kwd": 3, "bhd": 3}
_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{title}</title><style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem}}
button{{font:inherit;display:block;width:100%;padding:.75rem;margin:.5rem 0;border-radius:.4rem;
border:1px solid #8888;cursor:pointer}} .pay{{background:#4b45c6;color:#fff;border:0}}
.badge{{border:1px solid #b50;color:#b50;border-radius:.3rem;padding:0 .4rem;font-size:.8rem}}
.problem{{color:#b00020}} .amount{{font-size:2rem;margin:.5rem 0}}</style></head>
<body><p><span class="badge">stand-in for Stripe, no money moves</span></p>{body}</body></html>"""
_CHOICES = """<form method="post">
<button class="pay" name="answer" value="pay">Pay with a good card</button>
<button name="answer" value="challenge">Pay with a card that asks for 3-D Secure</button>
<button name="answer" value="decline">Pay with a card that is declined</button>
<button name="answer" value="back">Back to the shop without paying</button></form>"""
_CHALLENGE = """<h1>Your bank wants to be sure</h1><form method="post">
<button class="pay" name="answer" value="pay">Complete the authentication</button>
<button name="answer" value="decline">Fail the authentication</button></form>"""


def payment_page(session: Object, *, problem: str = "") -> str:
    """The page of an open session."""
    amount = html.escape(written(session["amount_total"], session["currency"]))
    notice = f'<p class="problem" role="alert">{html.escape(problem)}</p>' if problem else ""
    body = f'<h1>Pay</h1><p class="amount">{amount}</p>{notice}{_CHOICES}'
    return _FRAME.format(title="Pay", body=body)


def challenge_page() -> str:
    """The page on which the bank wants to be sure who pays."""
    return _FRAME.format(title="3-D Secure", body=_CHALLENGE)


def closed_page(status: str) -> str:
    """The page of a session that is complete or expired."""
    body = f"<h1>You’re all done here</h1><p>This payment page is {html.escape(status)}.</p>"
    return _FRAME.format(title="Done", body=body)


def written(amount: int, currency: str) -> str:
    """An amount in the currency's minor units, as a person reads it."""
    decimals = _DECIMALS.get(currency, 2)
    whole, part = divmod(amount, 10**decimals)
    number = f"{whole:,}.{part:0{decimals}d}" if decimals else f"{whole:,}"
    return f"{number} {currency.upper()}"
