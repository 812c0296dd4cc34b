"""Who buys and who works here."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower, Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core import types
from apps.core.models import TimeStampedModel


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person who logs in with an e-mail address."""
        user = self.model(email=self.normalize_email(email).strip(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        """A member of staff who may do everything."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """The account of an e-mail address, whatever its case. Raises User.DoesNotExist."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A customer or a member of staff; the e-mail address is the log-in."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=10, default="en")
    is_staff = models.BooleanField(_("member of staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    # Its holder has left, and nothing here tells who that was.
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="accounts_user_email_unique_in_any_case"),
        ]
        indexes = [
            # As `iexact` asks for it.
            models.Index(Upper("email"), name="accounts_user_by_email"),
            models.Index(
                fields=["id"],
                name="accounts_user_erased",
                condition=models.Q(erased_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.email


_WORKS_HERE = models.Q(is_staff=True) | models.Q(is_superuser=True)


class CustomerManager(UserManager):
    def get_queryset(self) -> models.QuerySet[User]:
        """Accounts of those who do not work here."""
        return super().get_queryset().exclude(_WORKS_HERE)


class ColleagueManager(UserManager):
    def get_queryset(self) -> models.QuerySet[User]:
        """Accounts of those who work here: staff and owners."""
        return super().get_queryset().filter(_WORKS_HERE)


class Customer(User):
    """Somebody with an account who does not work here; a screen and rights of its own."""

    objects: ClassVar[CustomerManager] = CustomerManager()

    class Meta:
        proxy = True
        verbose_name = _("customer")
        verbose_name_plural = _("customers")


class Colleague(User):
    """Somebody who works here; whoever sees customers sees no colleagues."""

    objects: ClassVar[ColleagueManager] = ColleagueManager()

    class Meta:
        proxy = True
        verbose_name = _("colleague")
        verbose_name_plural = _("colleagues")


class SavedAddress(TimeStampedModel):
    """An entry of a customer's address book."""

    customer = models.ForeignKey(User, on_delete=models.CASCADE, related_name="addresses")
    name = models.CharField(_("name"), max_length=150)
    company = models.CharField(_("company"), max_length=150, blank=True)
    line1 = models.CharField(_("address"), max_length=200)
    line2 = models.CharField(_("address, continued"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=100)
    region = models.CharField(_("region"), max_length=100, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    is_default = models.BooleanField(_("use by default"), default=False)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=models.Q(is_default=True),
                name="accounts_savedaddress_one_default",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.line1}, {self.city}"

    @property
    def as_address(self) -> types.Address:
        """The plain value that quotes and orders keep."""
        fields = types.Address.__struct_fields__
        return types.Address(**{field: getattr(self, field) for field in fields})


class Wish(models.TextChoices):
    """What somebody wants who gave an e-mail address."""

    ACCOUNT = "account", _("an account")
    PASSWORD = "password", _("a new password")


class AccessRequest(models.Model):
    """Somebody wants to get in, and gave an e-mail address: what comes of it, its owner alone is told.

    It is written down whether there is such an account or not, so that the answer tells nobody.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    wish = models.CharField(max_length=10, choices=Wish.choices)
    email = models.EmailField()
    name = models.CharField(max_length=150, blank=True)
    language = models.CharField(max_length=10)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(wish__in=Wish.values), name="accounts_accessrequest_wish_known"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class TokenFamily(models.Model):
    """One log-in of an app. Its refresh tokens follow one another, and each is good once: one that comes
    again was stolen from somebody, and ends the family (RFC 9700, section 4.14.2).
    """

    id = models.UUIDField(primary_key=True, editable=False)
    customer = models.ForeignKey(User, on_delete=models.CASCADE, related_name="token_families")
    newest = models.UUIDField()
    renewed_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.id)


class Scope(models.TextChoices):
    """What a partner's system may be allowed to do."""

    INVENTORY_WRITE = "inventory:write", _("report stock levels")


class ApiKey(models.Model):
    """What a partner's system proves itself with. The key itself is shown once and kept nowhere."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(
        models.CharField(max_length=50, choices=Scope.choices), verbose_name=_("may")
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("issued"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scopes__contained_by=Scope.values),
                name="accounts_apikey_scopes_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name
