"""System check of the company: the environment's values for a new record."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from rest_framework.exceptions import ValidationError

from skeleton.company.serializers import BankAccountInputSerializer, CompanyInputSerializer
from skeleton.rest.serializers import InputSerializer

_OF_COMPANY = ("email", "phone", "website")
_OF_ACCOUNT = ("iban", "bic")


@register("skeleton")
def check_first_values(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Check the values of the environment that have a form: e-mail, phone, website, IBAN and BIC."""
    wrong = {
        **_errors(CompanyInputSerializer, _OF_COMPANY),
        **_errors(BankAccountInputSerializer, _OF_ACCOUNT),
    }
    return [Error(f"SKELETON_COMPANY_{name.upper()}: {text}", id="skeleton.E204") for name, text in wrong.items()]


def _errors(serializer: type[InputSerializer], names: tuple[str, ...]) -> dict[str, str]:
    """Return the messages of the values that the serializer refuses."""
    given: dict[str, Any] = settings.SKELETON_COMPANY
    try:
        serializer.parse({name: given[name] for name in names if given.get(name)}, partial=True)
    except ValidationError as refused:
        details: Any = refused.detail
        return {name: " ".join(map(str, texts)) for name, texts in details.items()}
    return {}
