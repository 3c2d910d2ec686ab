from django.apps import AppConfig


class OfficeConfig(AppConfig):
    name = "skeleton.office"
    label = "office"
