from django.apps import AppConfig

from skeleton.core.connections import connect_signals


class CoreConfig(AppConfig):
    name = "skeleton.core"
    label = "core"

    def ready(self) -> None:
        connect_signals()
