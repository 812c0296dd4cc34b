"""The outside world of notifications: a mail server, or SES."""

from collections.abc import Sequence
from copy import copy
from email.utils import formataddr, parseaddr

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from apps.core.gateways import aws_client
from apps.core.rules import ascii_address
from apps.notifications.registry import NotificationChannel
from apps.notifications.types import WrittenMessage


def send_mail(*, message_id: str, recipient: str, subject: str, text: str, html: str) -> None:
    """Hand one mail over. Raises what the mail backend raises; then it did not leave."""
    mail = EmailMultiAlternatives(
        subject=subject, body=text, to=[recipient], headers={"X-Message-Id": message_id}
    )
    mail.attach_alternative(html, "text/html")
    mail.send()


class MailChannel(NotificationChannel):
    """By e-mail, over Django's mail backend."""

    def send(self, message: WrittenMessage) -> None:
        """Hand one mail over, under the message's own id. Raises what the mail backend raises."""
        send_mail(
            message_id=message.id,
            recipient=message.recipient,
            subject=message.subject,
            text=message.text,
            html=message.html,
        )


def send_text(*, recipient: str, subject: str, text: str) -> None:
    """Hand one plain mail over. Raises what the mail backend raises; then it did not leave."""
    EmailMessage(subject=subject, body=text, to=[recipient]).send()


def _in_ascii(mail: EmailMessage) -> EmailMessage:
    """The same mail to addresses whose domains are ASCII, in its head and on its envelope alike.

    SES refuses others: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html
    """
    copied = copy(mail)
    for field in ("to", "cc", "bcc"):
        named = [parseaddr(one) for one in getattr(mail, field)]
        setattr(copied, field, [formataddr((name, ascii_address(one))) for name, one in named])
    return copied


class SesBackend(BaseEmailBackend):
    """Hands Django's mails to Amazon SES, over its API: the role of the function is proof enough, and
    there is no password. Which configuration set they go by, the sender's identity says.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send each; how many went. Raises what boto3 raises at the first that does not."""
        return sum(map(self._send, email_messages))

    def _send(self, mail: EmailMessage) -> bool:
        if not mail.recipients():
            return False
        mail = _in_ascii(mail)
        written = mail.message()
        try:
            aws_client("sesv2").send_email(
                FromEmailAddress=str(written["From"]),
                Destination={"ToAddresses": mail.recipients()},
                Content={"Raw": {"Data": written.as_bytes()}},
            )
        except Exception:
            if not self.fail_silently:
                raise
            return False
        return True
