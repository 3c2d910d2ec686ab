import importlib

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from skeleton.events import kinds
from skeleton.identity.event_kinds import KINDS
from skeleton.kernel import constraints
from skeleton.kernel.errors import Conflict


class IdentityConfig(AppConfig):
    name = "skeleton.identity"
    label = "identity"
    verbose_name = _("users and roles")

    def ready(self) -> None:
        importlib.import_module("skeleton.identity.checks")  # it needs the models
        importlib.import_module("skeleton.identity.sessions")
        kinds.declare(*KINDS)
        constraints.declare(
            "identity_last_super_admin", Conflict, _("The last active super administrator must keep that role.")
        )
        constraints.declare("identity_default_role_fixed", Conflict, _("A default role cannot be changed."))
