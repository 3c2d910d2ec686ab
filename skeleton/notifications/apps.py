import importlib

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "skeleton.notifications"
    label = "notifications"

    def ready(self) -> None:
        importlib.import_module("skeleton.notifications.accounts")  # it registers with identity, and needs the models
