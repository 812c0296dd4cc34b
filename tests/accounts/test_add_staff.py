from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from tests.factories.shop import open_market
from tests.pages import Shopper
from tests.relays import relay


@pytest.mark.django_db
class TestAddingStaff:
    def test_lets_them_ask_for_a_password_and_in(
        self, capsys: pytest.CaptureFixture[str], settings: object
    ) -> None:
        open_market()
        call_command("add_staff", "sam@example.com", "--name", "Sam")
        page = capsys.readouterr().out.rpartition(" ")[2].strip()

        browser = Shopper()
        browser.post(urlsplit(page).path, {"email": "sam@example.com"})
        relay()

        assert [message.to for message in mail.outbox] == [["sam@example.com"]]
        sam = User.objects.get(email="sam@example.com")
        assert sam.is_staff
        assert sam.is_superuser

    def test_refuses_an_account_that_is_there_and_what_is_no_address(self) -> None:
        User.objects.create_user("sam@example.com", "a-password-of-hers")

        with pytest.raises(CommandError, match="already"):
            call_command("add_staff", "SAM@example.com")
        with pytest.raises(CommandError, match="no e-mail address"):
            call_command("add_staff", "sam")

        assert User.objects.get().is_staff is False
