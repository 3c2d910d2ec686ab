from django.apps import AppConfig


class ImportExportConfig(AppConfig):
    name = "skeleton.importexport"
    label = "exchange"  # the prefix of existing migrations and tables
