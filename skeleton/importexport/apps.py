from django.apps import AppConfig


class ImportExportConfig(AppConfig):
    name = "skeleton.importexport"
    label = "exchange"  # what the migrations and tables of the first edition are called
