from pathlib import Path

from django.apps import AppConfig, apps
from django.contrib.admin import apps as admin

from skeleton.office.words import translate_names


class BackofficeConfig(AppConfig):
    name = "skeleton.backoffice"
    label = "backoffice"
    verbose_name = "back office"
    default = True

    def ready(self) -> None:
        """Before the screens are loaded, so that what they take from models has its words."""
        translate_names(config.label for config in apps.get_app_configs() if is_ours(config))


class SiteConfig(admin.AdminConfig):
    """Django's admin, with our site."""

    default = False
    default_site = "skeleton.backoffice.sites.BackOffice"


def is_ours(config: AppConfig) -> bool:
    """Whether an app is of this house."""
    return "site-packages" not in Path(config.path).parts
