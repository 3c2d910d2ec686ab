import importlib

from django.apps import AppConfig


class RestConfig(AppConfig):
    name = "skeleton.rest"
    label = "rest"

    def ready(self) -> None:
        importlib.import_module("skeleton.rest.schema_fields")  # registers itself
        importlib.import_module("skeleton.rest.setting_checks")
        importlib.import_module("skeleton.rest.checks")  # views cannot be imported before the models are there
