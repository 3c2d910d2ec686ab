from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.utils.translation import gettext_lazy as _


class BackofficeConfig(AppConfig):
    name = "skeleton.backoffice"
    label = "backoffice"
    verbose_name = _("back office")
    default = True


class SiteConfig(admin.AdminConfig):
    """Django's admin app with our admin site."""

    default = False
    default_site = "skeleton.backoffice.sites.BackOffice"
