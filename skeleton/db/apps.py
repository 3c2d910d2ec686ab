import importlib

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from skeleton.db.connections import connect_signals, patch_integer_adapter
from skeleton.db.rights import close_functions


class DatabaseConfig(AppConfig):
    name = "skeleton.db"
    label = "core"  # what the migrations and tables of the first edition are called
    maintained_tables = ("core_row_count",)

    def ready(self) -> None:
        importlib.import_module("skeleton.db.checks")
        connect_signals()
        post_migrate.connect(close_functions, sender=self, dispatch_uid="core.close_functions")
        patch_integer_adapter()
