from django.apps import AppConfig


class BackupsConfig(AppConfig):
    name = "skeleton.backups"
    label = "backups"
