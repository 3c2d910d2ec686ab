from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "skeleton.files"
    label = "files"
