"""The outside world of notifications: a mail server, or SES."""

from django.core.mail import EmailMultiAlternatives


def send_mail(*, message_id: str, recipient: str, subject: str, text: str, html: str) -> None:
    """Hand one mail over. Raises what the mail backend raises; then it did not leave."""
    mail = EmailMultiAlternatives(
        subject=subject, body=text, to=[recipient], headers={"X-Message-Id": message_id}
    )
    mail.attach_alternative(html, "text/html")
    mail.send()
