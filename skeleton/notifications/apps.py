from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "skeleton.notifications"
    label = "notifications"
