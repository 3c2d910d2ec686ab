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
        """Make model names translatable, before the admins are loaded and copy them."""
        translate_names(config.label for config in apps.get_app_configs() if is_ours(config))


class SiteConfig(admin.AdminConfig):
    """Django's admin app with our admin site."""

    default = False
    default_site = "skeleton.backoffice.sites.BackOffice"


def is_ours(config: AppConfig) -> bool:
    """Return whether an app belongs to this project."""
    return "site-packages" not in Path(config.path).parts
