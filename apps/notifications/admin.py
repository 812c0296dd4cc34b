from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from apps.core.admin import AskingAdmin, FoundByOrder, lists
from apps.jobs.admin import bulk
from apps.notifications.models import Message

for _kind in ("order", "customer"):
    lists(of=_kind, model=Message, title=_("mails"))


@admin.register(Message)
class MessageAdmin(FoundByOrder, AskingAdmin):
    """Every mail as it was written, and whether it left."""

    refers_by_id = False

    list_display = ["created_at", "kind", "channel", "recipient", "subject", "state", "sent_at"]
    list_filter = ["created_at", "kind", "channel", "state", "language"]
    search_fields = ["recipient", "=reference", "subject"]
    search_help_text = _("A whole order number, e-mail address or reference")
    ordering = ["-created_at"]
    actions = ["resend"]
    fields = [
        "kind", "channel", "recipient", "language", "subject", "state", "sent_at", "error", "plain_text", "preview",
    ]  # fmt: skip

    @admin.display(description=_("text"))
    def plain_text(self, message: Message) -> str:
        """The text part, with its line breaks."""
        return format_html('<pre style="white-space:pre-wrap">{}</pre>', message.text)

    @admin.display(description=_("preview"))
    def preview(self, message: Message) -> str:
        """The HTML part, shut into a frame without scripts."""
        return format_html(
            '<iframe sandbox srcdoc="{}" title="{}" style="width:100%;min-width:40rem;height:46rem;'
            'border:1px solid #ccc;background:#fff"></iframe>',
            message.html,
            message.subject,
        )

    @bulk(
        _("Send once more"),
        work="notifications.resend",
        noted=_("sent once more"),
        permissions=["resend"],
    )
    def resend(self, request: HttpRequest, answer: forms.Form) -> Mapping[str, Any]:
        """Each leaves by the queue of mails."""
        return {}

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.change_message")
