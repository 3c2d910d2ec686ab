import importlib

from django.apps import AppConfig

from skeleton.core.connections import connect_signals, keep_integers_whole


class CoreConfig(AppConfig):
    name = "skeleton.core"
    label = "core"

    def ready(self) -> None:
        importlib.import_module("skeleton.core.checks")  # views cannot be imported before the models are there
        connect_signals()
        keep_integers_whole()
