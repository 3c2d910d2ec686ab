import importlib

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "skeleton.notifications"
    label = "notifications"

    def ready(self) -> None:
        # both register themselves, and need the models
        importlib.import_module("skeleton.notifications.accounts")
        importlib.import_module("skeleton.notifications.checks")
