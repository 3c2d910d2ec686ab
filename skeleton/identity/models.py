"""Users, their roles and their sessions."""

from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from skeleton.db.querysets import RowLevelQuerySet, keyed
from skeleton.db.search import folded
from skeleton.identity.choices import Language
from skeleton.identity.permissions import shown_role
from skeleton.kernel.actors import SYSTEM
from skeleton.kernel.ids import uuid7
from skeleton.kernel.models import Record
from skeleton.kernel.transactions import audited_transaction
from skeleton.office.csv_formats import CsvFormat


class UserQuerySet(RowLevelQuerySet["User"]):
    """Users."""

    def visible_to(self, actor: Any) -> Self:
        """Return every user, with `role_names`. The permission to read users covers all of them."""
        return self.with_role_names()

    @keyed(keeps_rows=True)
    def with_role_names(self) -> "models.QuerySet[User]":
        """Add `role_names`: the names of the user's roles, sorted."""
        names = Role.objects.filter(holders__user=models.OuterRef("pk")).order_by("name").values_list("name")
        return self.annotate(role_names=ArraySubquery(names))


class UserManager(BaseUserManager["User"]):
    """Finds users by e-mail, ignoring case, like the unique index."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def visible_to(self, actor: Any) -> UserQuerySet:
        return self.get_queryset().visible_to(actor)

    def with_role_names(self) -> UserQuerySet:
        return self.get_queryset().with_role_names()

    def with_email(self, email: str) -> "models.QuerySet[User]":
        """Return the user with this e-mail, if any."""
        return self.filter(email__lower=Lower(models.Value(email)))

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.with_email(username or "").get()

    def create_superuser(self, email: str, name: str, password: str | None) -> "User":
        """Create a super administrator. Raises ValidationError (weak password, taken e-mail, roles not seeded yet)."""
        user = User(id=uuid7(), email=email, name=name)
        validate_password(password or "", user)
        user.password = make_password(password)
        user.full_clean(exclude=["last_login"])
        if not Role.objects.filter(name="super_admin").exists():
            raise ValidationError(_("There are no roles yet: run manage.py seed_roles first."))
        return self.seed_super_administrator(user)

    def seed_super_administrator(self, user: "User") -> "User":
        """Save a new user as a super administrator, on behalf of the system."""
        with audited_transaction(SYSTEM, "seed"):
            user.save(using=self.db, force_insert=True)
            UserRole.objects.create(user=user, role=Role.objects.get(name="super_admin"))
        return user


class User(Record, AbstractBaseUser):
    """A user account. Its permissions are those of its roles, and nothing else."""

    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(max_length=255, verbose_name=_("name"))
    is_active = models.BooleanField(_("active"), default=True)
    language = models.CharField(
        max_length=2, choices=Language.choices, default=Language.ENGLISH, verbose_name=_("language")
    )
    csv_format = models.CharField(
        max_length=5,
        choices=CsvFormat.choices,
        default=CsvFormat.PLAIN,
        db_default=CsvFormat.PLAIN,
        verbose_name=_("CSV format"),
    )
    session_epoch = models.IntegerField(default=0, db_default=0, editable=False, verbose_name=_("session epoch"))
    """Part of the hash of back office sessions. A trigger increments it when the account is deactivated."""

    roles: "models.ManyToManyField[Role, UserRole]" = models.ManyToManyField(
        "Role", through="UserRole", related_name="users", verbose_name=_("roles")
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        db_table = "identity_user"
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                Lower("email"),
                name="identity_user_email_unique",
                violation_error_message=_("Another user already has this e-mail."),
                violation_error_code="email",
            ),
            models.CheckConstraint(
                condition=~models.Q(name=""),
                name="identity_user_name_present",
                violation_error_message=_("Must not be empty."),
                violation_error_code="name",
            ),
            models.CheckConstraint(
                condition=models.Q(language__in=Language.values),
                name="identity_user_language_known",
                violation_error_code="language",
                violation_error_message=_("This language is not available."),
            ),
            models.CheckConstraint(
                condition=models.Q(csv_format__in=CsvFormat.values),
                name="identity_user_csv_format_known",
                violation_error_code="csv_format",
                violation_error_message=_("This format is not available."),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(Lower("name"), "id", name="identity_user_name"),
            models.Index("created_at", "id", name="identity_user_created_at"),
            models.Index("id", name="identity_user_inactive", condition=models.Q(is_active=False)),
            GinIndex(
                OpClass(folded("email"), name="gin_trgm_ops"),
                OpClass(folded("name"), name="gin_trgm_ops"),
                name="identity_user_search",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        """Return Django's session hash, of the password and the epoch. If either changes, all sessions end."""
        valid_for = f"{self.password}|{self.session_epoch}"
        return salted_hmac("skeleton.identity.session", valid_for, secret=secret, algorithm="sha256").hexdigest()

    def get_full_name(self) -> str:
        """Return the name that Django's admin shows."""
        return self.name

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Return whether the user has a permission. Called by Django's admin; see `skeleton.identity.backends`."""
        return perm in self.get_all_permissions()

    def has_module_perms(self, app_label: str) -> bool:
        return any(perm.partition(".")[0] == app_label for perm in self.get_all_permissions())

    def get_all_permissions(self) -> frozenset[str]:
        """Return nothing: the back office checks the actor. Django's own permissions aren't used."""
        return frozenset()


class Role(Record):
    """A named set of permission strings. A trigger prevents changes of the default roles."""

    name = models.CharField(max_length=100, verbose_name=_("name"))
    description = models.CharField(max_length=255, default="", blank=True, verbose_name=_("description"))
    permissions = ArrayField(models.CharField(max_length=60), default=list, verbose_name=_("permissions"))
    is_default = models.BooleanField(default=False, editable=False, verbose_name=_("is default"))

    objects = RowLevelQuerySet.as_manager()

    class Meta:
        db_table = "identity_role"
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                Lower("name"),
                name="identity_role_name_unique",
                violation_error_message=_("Another role already has this name."),
                violation_error_code="name",
            ),
        ]

    def __str__(self) -> str:
        return str(shown_role(self.name))


class UserRole(models.Model):
    """The assignment of a role to a user."""

    user = models.ForeignKey(User, models.CASCADE, related_name="held_roles", verbose_name=_("user"))
    role = models.ForeignKey(Role, models.PROTECT, related_name="holders", verbose_name=_("role"))
    created_at = models.DateTimeField(auto_now_add=True, verbose_name=_("created at"))

    class Meta:
        db_table = "identity_user_role"
        verbose_name = _("user role")
        verbose_name_plural = _("user roles")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user", "role"],
                name="identity_user_role_unique",
                violation_error_message=_("The user already holds this role."),
                violation_error_code="role_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role_id}"


class SessionQuerySet(RowLevelQuerySet["Session"]):
    """Sessions of the API."""

    def visible_to(self, actor: Any) -> Self:
        """Return the actor's own sessions."""
        return self.owned_by(actor.id)

    @keyed
    def owned_by(self, user_id: Any) -> "models.QuerySet[Session]":
        return self.filter(user_id=user_id)


class Session(Record):
    """One sign-in on one device, with the chain of refresh tokens that keep it alive.

    Only SHA-256 hashes of token ids are stored: of the valid refresh token and of the previous one.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="sessions")
    refresh_hash = models.BinaryField(max_length=32)
    spent_hash = models.BinaryField(max_length=32, null=True)
    refreshed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField()
    device = models.CharField(max_length=255, default="")
    ip = models.CharField(max_length=64, default="")

    objects = SessionQuerySet.as_manager()

    class Meta:
        db_table = "identity_session"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "-id"], name="identity_session_user"),
            models.Index(fields=["expires_at"], name="identity_session_expires_at"),
        ]

    def __str__(self) -> str:
        return f"{self.device} {self.ip}".strip()


class KnownNetwork(models.Model):
    """A network from which a user has signed in. Failed logins from it are counted separately from those of strangers.

    The network is stored as a keyed hash. A trigger limits each user to the newest fifty.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="known_networks")
    network = models.BinaryField(max_length=16)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "identity_known_network"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user", "network"],
                name="identity_known_network_unique",
                violation_error_message=_("This network is already known."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.seen_at}"
