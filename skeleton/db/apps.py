from django.apps import AppConfig

from skeleton.db.connections import connect_signals, keep_integers_whole


class DatabaseConfig(AppConfig):
    name = "skeleton.db"
    label = "core"  # what the migrations and tables of the first edition are called
    maintained_tables = ("core_row_count",)

    def ready(self) -> None:
        connect_signals()
        keep_integers_whole()
