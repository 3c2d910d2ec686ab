from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "skeleton.exchange"
    label = "exchange"
