"""Serializers of users, roles and sessions."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from skeleton.identity.choices import Language
from skeleton.identity.permissions import VALID_PERMISSIONS
from skeleton.rest.computed_fields import FromColumns
from skeleton.rest.fields import (
    BooleanField,
    ChoiceField,
    DateTimeField,
    EmailField,
    ListField,
    TextField,
    UUIDField,
    mark_stateless,
)
from skeleton.rest.serializers import InputSerializer, Serializer

PASSWORD_MAX = 256
"""Characters. Longer than new passwords may be, for those set when the limit was higher."""


@mark_stateless
class PasswordField(TextField):
    """A password. It is taken as it is typed, and is marked as a password in the OpenAPI document."""

    cleaned = False

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", PASSWORD_MAX)
        super().__init__(trim_whitespace=False, style={"input_type": "password"}, **kwargs)


@mark_stateless
class NewPasswordField(PasswordField):
    """A new password. The lengths are repeated here for the OpenAPI document; the validators check the rest."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=8, max_length=128, **kwargs)


class UserSerializer(Serializer):
    id = UUIDField()
    email = EmailField()
    name = TextField()
    active = BooleanField(source="is_active")
    roles = serializers.ListField(child=TextField(), source="role_names", help_text="Names of the user's roles.")
    created_at = DateTimeField()
    updated_at = DateTimeField()
    last_login_at = DateTimeField(source="last_login", allow_null=True)


class MeSerializer(UserSerializer):
    permissions = serializers.ListField(child=TextField(), help_text="The permissions of all roles together.")


class UserUpdateInputSerializer(InputSerializer):
    output_serializer_class = UserSerializer
    email = EmailField()
    name = TextField()


class RegisterInputSerializer(InputSerializer):
    email = EmailField()
    password = NewPasswordField()
    name = TextField()


class NewUserInputSerializer(RegisterInputSerializer):
    """A new user, as created in the back office."""

    language = ChoiceField(choices=Language.choices, required=False)


class UserFormInputSerializer(UserUpdateInputSerializer):
    """The fields that the back office can change. In the API, the language is a preference of the user."""

    language = ChoiceField(choices=Language.choices)


class LoginInputSerializer(InputSerializer):
    email = TextField(max_length=254)
    password = PasswordField()


class RefreshInputSerializer(InputSerializer):
    refresh_token = TextField(max_length=4096)


class TokenSerializer(Serializer):
    access_token = TextField(max_length=4096)
    refresh_token = TextField(max_length=4096)
    token_type = TextField(default="Bearer")
    expires_in = serializers.IntegerField(help_text="Seconds until the access token expires.")
    user = UserSerializer()


class MessageSerializer(Serializer):
    message = TextField()


class ChangePasswordInputSerializer(InputSerializer):
    current_password = PasswordField()
    new_password = NewPasswordField()


class RoleSerializer(Serializer):
    id = UUIDField()
    name = TextField()
    description = TextField(allow_blank=True)
    permissions = serializers.ListField(child=TextField())
    created_at = DateTimeField()


@mark_stateless
class PermissionField(TextField):
    """One of the valid permission strings."""

    default_error_messages = {"unknown": _("Unknown permission: {value}.")}

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if text not in VALID_PERMISSIONS:
            self.fail("unknown", value=text)
        return text


class RoleInputSerializer(InputSerializer):
    output_serializer_class = RoleSerializer
    name = TextField(max_length=100)
    description = TextField(required=False, allow_blank=True)
    permissions = ListField(child=PermissionField(), max_length=len(VALID_PERMISSIONS))


class AssignRoleInputSerializer(InputSerializer):
    role_id = UUIDField()


class SessionSerializer(Serializer):
    id = UUIDField()
    device = TextField(allow_blank=True)
    ip = TextField(allow_blank=True)
    created_at = DateTimeField()
    last_seen_at = DateTimeField()
    expires_at = DateTimeField()
    current = FromColumns(BooleanField(), "is_current", compute=bool)
