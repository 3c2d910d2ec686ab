from django.apps import AppConfig
from django.contrib.admin import apps as admin


class BackofficeConfig(AppConfig):
    name = "skeleton.backoffice"
    label = "backoffice"
    verbose_name = "back office"
    default = True


class SiteConfig(admin.AdminConfig):
    """Django's admin, with our site. Its groups are not shown: what people may do comes from roles alone."""

    default = False
    default_site = "skeleton.backoffice.sites.BackOffice"

    def ready(self) -> None:
        super().ready()
        site = self.module.site  # type: ignore[union-attr]
        site.unregister(self.apps.get_model("auth", "group"))
