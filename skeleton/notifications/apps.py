import importlib

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "skeleton.notifications"
    label = "notifications"

    def ready(self) -> None:
        # These modules register handlers and need the models, so they are imported only now.
        importlib.import_module("skeleton.notifications.accounts")
        importlib.import_module("skeleton.notifications.checks")
