from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from apps.accounts.models import ApiKey, SavedAddress, Scope, User
from apps.accounts.services import issue_api_key

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    pass


class SavedAddressInline(TabularInline):
    model = SavedAddress
    extra = 0


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User], ModelAdmin):
    """Customers and staff; the e-mail address is the log-in."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["email", "name", "is_staff", "is_active", "date_joined"]
    list_filter = ["is_staff", "is_active", "language"]
    search_fields = ["email", "name"]
    ordering = ["-date_joined"]
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        (_("Person"), {"fields": ["name", "language"]}),
        (_("Rights"), {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "password1", "password2"]})]
    readonly_fields = ["last_login", "date_joined"]
    inlines = [SavedAddressInline]


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
        return ", ".join(str(Scope(one).label) for one in key.scopes)

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[str]:
        return ["name", "scopes", "is_active"] if obj else ["name", "scopes"]

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ApiKeyForm, change: bool) -> None:
        if change:
            obj.save(update_fields=["name", "scopes", "is_active"])
            return
        key = issue_api_key(name=obj.name, scopes=obj.scopes)
        obj.pk = ApiKey.objects.get(name=obj.name).pk
        note = _("This is the key of %(name)s. It is shown this once: %(key)s")
        self.message_user(request, note % {"name": obj.name, "key": key}, messages.WARNING)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
