import importlib
from typing import Any
from uuid import UUID

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from skeleton.company.errors import declare_constraints
from skeleton.events.kinds import CREATED, UPDATED, Kind, declare
from skeleton.files import usage


class CompanyConfig(AppConfig):
    name = "skeleton.company"
    label = "company"

    def ready(self) -> None:
        importlib.import_module("skeleton.company.checks")  # registers them; they need the models
        declare_constraints()
        declare(
            Kind(
                "company",
                "company_company",
                "company",
                "/company",
                verbs=(CREATED, UPDATED),
                parts=("company_bank_account",),
            )
        )
        usage.register_usage(_("the company's logo"), self.is_logo)

    def is_logo(self, file_id: UUID) -> bool:
        """Return whether the file is the company's logo."""
        companies: Any = self.get_model("Company")._default_manager
        return bool(companies.filter(logo_file=file_id).exists())
