import importlib

from django.apps import AppConfig

from skeleton.kernel import constraints
from skeleton.kernel.errors import Conflict


class IdentityConfig(AppConfig):
    name = "skeleton.identity"
    label = "identity"
    verbose_name = "users and roles"

    def ready(self) -> None:
        importlib.import_module("skeleton.identity.checks")  # it needs the models
        constraints.declare(
            "identity_last_super_admin", Conflict, "The last active super administrator must keep that role."
        )
        constraints.declare("identity_default_role_fixed", Conflict, "A default role cannot be changed.")
