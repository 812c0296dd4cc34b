"""Mails leave by SES as they were written, or it is known that they did not."""

import json
import os
from typing import Any
from unittest.mock import Mock
from urllib.request import urlopen

import boto3
import pytest
from botocore.exceptions import ClientError
from django.core import mail

from apps.notifications import gateways
from apps.notifications.gateways import send_mail
from tests.ecommerce.test_secrets import run

SENDER = "orders@mail.shop.test"
# Accepted by SES's own simulator while an account is in its sandbox.
RECIPIENT = "success@simulator.amazonses.com"


@pytest.fixture
def ses(emulator: str, settings: Any) -> None:
    """Django sends by SES, from an address that it knows."""
    settings.EMAIL_BACKEND = "apps.notifications.gateways.SesBackend"
    settings.DEFAULT_FROM_EMAIL = f"Alder & Brine <{SENDER}>"
    boto3.client("ses").verify_email_identity(EmailAddress=SENDER)


def received() -> list[dict[str, Any]]:
    """What the emulated SES has been given from our address, latest last."""
    with urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/_ministack/ses/messages") as answer:
        found = json.load(answer)["messages"]
    return [one for account in found.values() for one in account if SENDER in one["Source"]]


@pytest.mark.usefixtures("ses")
class TestSes:
    def test_gets_a_mail_as_it_was_written(self) -> None:
        before = len(received())

        send_mail(
            message_id="m1", recipient=RECIPIENT, subject="Ihre Bestellung – bestätigt",
            text="Grüße", html="<p>Grüße</p>",
        )  # fmt: skip

        (found,) = received()[before:]
        assert found["To"] == [RECIPIENT]
        assert found["Source"] == f"Alder & Brine <{SENDER}>"
        assert found["Subject"] == "Ihre Bestellung – bestätigt"
        assert found["BodyText"].strip() == "Grüße"
        assert found["BodyHtml"].strip() == "<p>Grüße</p>"

    @pytest.mark.parametrize(
        ("typed", "told"),
        [
            ("success@bücher.example", "success@xn--bcher-kva.example"),
            ("success@STRASSE.straße.example", "success@strasse.xn--strae-oqa.example"),
            ("success@例え.jp", "success@xn--r8jz45g.jp"),
        ],
    )
    def test_is_told_domains_in_ascii(self, typed: str, told: str) -> None:
        before = len(received())

        send_mail(message_id="m1", recipient=typed, subject="S", text="T", html="<p>T</p>")

        (found,) = received()[before:]
        assert found["To"] == [told]

    def test_refuses_domains_that_are_not_ascii(self) -> None:
        with pytest.raises(ClientError, match="illegal character"):
            boto3.client("sesv2").send_email(
                FromEmailAddress=SENDER,
                Destination={"ToAddresses": ["success@bücher.example"]},
                Content={"Raw": {"Data": b"Subject: S\n\nT"}},
            )

    def test_tells_nobody_who_gets_a_blind_copy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        client = Mock()
        monkeypatch.setattr(gateways, "aws_client", lambda _service: client)

        mail.EmailMessage("Subject", "Text", to=["a@shop.test"], bcc=["b@shop.test"]).send()

        given = client.send_email.call_args.kwargs
        assert given["Destination"]["ToAddresses"] == ["a@shop.test", "b@shop.test"]
        assert b"b@shop.test" not in given["Content"]["Raw"]["Data"]

    def test_that_refuses_a_mail_says_so(self) -> None:
        refused = mail.EmailMessage("Subject", "Text", "nobody@elsewhere.test", [RECIPIENT])

        with pytest.raises(ClientError, match="not verified"):
            mail.get_connection().send_messages([refused])
        assert mail.get_connection(fail_silently=True).send_messages([refused]) == 0

    def test_is_not_asked_about_a_mail_to_nobody(self) -> None:
        before = len(received())

        assert mail.get_connection().send_messages([mail.EmailMessage("Subject", "Text")]) == 0
        assert len(received()) == before


@pytest.mark.parametrize(
    ("given", "sender"),
    [
        ({}, "Alder & Brine <orders@shop.example.com>"),
        ({"SHOP_EMAIL": ""}, "Alder & Brine <orders@shop.example.com>"),
        ({"SHOP_EMAIL": "hello@shop.test"}, "Alder & Brine <hello@shop.test>"),
        ({"SHOP_EMAIL": "hello@shop.test", "DEFAULT_FROM_EMAIL": "a@shop.test"}, "a@shop.test"),
    ],
)
def test_production_sends_by_ses_in_the_shops_own_name(given: dict[str, str], sender: str) -> None:
    printed = run(
        "import json\n"
        "from django.conf import settings\n"
        "print(json.dumps([settings.EMAIL_BACKEND, settings.DEFAULT_FROM_EMAIL]))",
        **given,
    )

    assert printed == ["apps.notifications.gateways.SesBackend", sender]
