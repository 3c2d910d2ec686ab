"""The valid permission strings, and the default roles of every installation."""

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
