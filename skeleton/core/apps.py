from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "skeleton.core"
    label = "core"
