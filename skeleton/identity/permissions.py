"""The valid permission strings, and the default roles of every installation."""

from django.utils.translation import pgettext_lazy

from skeleton.kernel.translation import Text

ACTIONS: dict[str, tuple[str, ...]] = {
    "users": ("read", "write", "delete"),
    "roles": ("read", "manage"),
    "parties": ("read", "write"),
    "customers": ("read", "write"),
    "countries": ("read", "write"),
    "contracts": ("read", "write"),
    "catalog": ("read", "write"),
    "inventory": ("read", "write"),
    "orders": ("read", "write"),
    "invoices": ("read", "write", "refund"),
    "accounting": ("read", "write"),
    "files": ("read", "write"),
    "notifications": ("read", "write"),
    "messenger": ("read", "write"),
    "audit": ("read",),
}
"""The actions of each resource."""

ALL_PERMISSIONS = "*:*"

VALID_PERMISSIONS: tuple[str, ...] = (
    *(f"{resource}:{action}" for resource, actions in ACTIONS.items() for action in (*actions, "*")),
    ALL_PERMISSIONS,
)
"""Every permission string that a role can have."""

DEFAULT_ROLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "super_admin": ("Full access to everything", (ALL_PERMISSIONS,)),
    "admin": (
        "Administrator",
        (
            "users:read",
            "users:write",
            "roles:read",
            "roles:manage",
            "invoices:*",
            "orders:*",
            "accounting:*",
            "inventory:*",
            "catalog:*",
            "files:*",
            "notifications:*",
            "audit:read",
            "parties:read",
            "parties:write",
            "countries:read",
            "countries:write",
            "messenger:read",
            "messenger:write",
        ),
    ),
    "viewer": (
        "Read-only access",
        (
            "users:read",
            "invoices:read",
            "orders:read",
            "inventory:read",
            "catalog:read",
            "files:read",
            "notifications:read",
            "parties:read",
            "countries:read",
            "messenger:read",
        ),
    ),
}
"""Description and permissions by name, as in the API reference."""

_SHOWN_AS: dict[str, Text] = {
    "super_admin": pgettext_lazy("role", "super_admin"),
    "admin": pgettext_lazy("role", "admin"),
    "viewer": pgettext_lazy("role", "viewer"),
    "Full access to everything": pgettext_lazy("role", "Full access to everything"),
    "Administrator": pgettext_lazy("role", "Administrator"),
    "Read-only access": pgettext_lazy("role", "Read-only access"),
}


def shown_role(name: str) -> Text:
    """Return a role's name for pages: of a default role in the language of the page. They can't be renamed."""
    return _SHOWN_AS.get(name, name) if name in DEFAULT_ROLES else name


def shown_description(name: str, description: str) -> Text:
    """Return a role's description for pages, like `shown_role`."""
    return _SHOWN_AS.get(description, description) if name in DEFAULT_ROLES else description
