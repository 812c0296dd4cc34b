from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from apps.accounts.models import ApiKey, Colleague, Customer, SavedAddress, Scope, User
from apps.accounts.services import issue_api_key
from apps.core.admin import PanelledAdmin, ReadOnlyAdmin

admin.site.unregister(Group)


class OwnersOnly(ModelAdmin):
    """What gives rights: others may look at it, if they have the right to, and superusers change it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_owner(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_owner(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_owner(request)


def _is_owner(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)


@admin.register(Group)
class GroupAdmin(OwnersOnly, DjangoGroupAdmin):
    """Roles: whoever changed his own would have every right."""


class SavedAddressInline(TabularInline):
    model = SavedAddress
    extra = 0


class AccountAdmin(DjangoUserAdmin[User], ModelAdmin):
    """Accounts of people; the e-mail address is the log-in. Who leaves is erased or closed, not deleted."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    search_fields = ["email", "name"]
    ordering = ["-date_joined"]
    show_full_result_count = False
    add_fieldsets = [(None, {"fields": ["email", "name", "password1", "password2"]})]
    readonly_fields = ["last_login", "date_joined"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Customer)
class CustomerAdmin(PanelledAdmin, AccountAdmin):
    """Who buys. Nothing here gives a right; colleagues and superusers are not found."""

    subject_kind = "customer"
    list_display = ["email", "name", "is_active", "date_joined"]
    list_filter = ["is_active", "language"]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        (_("Person"), {"fields": ["name", "language", "is_active"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    inlines = [SavedAddressInline]


@admin.register(Colleague)
class ColleagueAdmin(OwnersOnly, AccountAdmin):
    """Who works here. An e-mail address or a password is as good as the account, so owners alone
    change them; nobody gives rights to himself.
    """

    list_display = ["email", "name", "is_superuser", "is_active", "last_login"]
    list_filter = ["is_active", "is_superuser", "groups"]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        (_("Person"), {"fields": ["name", "language"]}),
        (_("Rights"), {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What is never edited; in one's own account, the rights as well."""
        rights = ["is_active", "is_staff", "is_superuser", "groups"]
        is_own = obj is not None and obj.pk == request.user.pk
        return [*self.readonly_fields, *(rights if is_own else [])]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Whoever is added works here; whether that goes on, the form decides."""
        obj.is_staff = obj.is_staff or not change
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """No screen of its own, but whom forms with a choice of customers find."""

    search_fields = ["email", "name"]
    search_help_text = _("An e-mail address or a name, or a part of it")
    ordering = ["email"]
    fields = ["email", "name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Customers only: whom a choice of customers may offer."""
        people: QuerySet[User] = super().get_queryset(request)
        return people.filter(pk__in=Customer.objects.values("pk"))

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """None, so that no menu leads here."""
        return {}

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may look at customers may choose one."""
        return request.user.has_perm("accounts.view_customer")


@admin.register(SavedAddress)
class SavedAddressAdmin(ModelAdmin):
    list_display = ["name", "line1", "postcode", "city", "country", "customer"]
    list_select_related = ["customer"]
    autocomplete_fields = ["customer"]
    search_fields = ["name", "postcode", "customer__email"]


class ApiKeyForm(forms.ModelForm[ApiKey]):
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, widget=forms.CheckboxSelectMultiple, label=_("may")
    )


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    """Keys are issued here and shown once; to replace one, issue another and switch the old one off."""

    form = ApiKeyForm
    list_display = ["name", "may", "is_active", "created_at", "last_used_at"]
    list_filter = ["is_active"]
    search_fields = ["name"]
    ordering = ["name"]

    @admin.display(description=_("may"), ordering="scopes")
    def may(self, key: ApiKey) -> str:
        """What the key's holder may do, in the words of its scopes."""
        return ", ".join(str(Scope(one).label) for one in key.scopes)

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[str]:
        """A key that is being issued has no switch: it begins switched on."""
        return ["name", "scopes", "is_active"] if obj else ["name", "scopes"]

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ApiKeyForm, change: bool) -> None:
        """Issue a new key and show it this once; of an old one change name, scopes and switch."""
        if change:
            obj.save(update_fields=["name", "scopes", "is_active"])
            return
        key = issue_api_key(name=obj.name, scopes=obj.scopes)
        obj.pk = ApiKey.objects.get(name=obj.name).pk
        note = _("This is the key of %(name)s. It is shown this once: %(key)s")
        self.message_user(request, note % {"name": obj.name, "key": key}, messages.WARNING)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
