from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "skeleton.backoffice"
    label = "backoffice"
    verbose_name = "back office"
