"""Addresses of documents on their screens: where an order is shipped to, where an invoice's goods went."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from parties.models import Country
from skeleton.office.columns import EMPTY
from skeleton.office.forms import AutocompleteField, RecordForm

ADDRESS_FIELDS = (("street", "city"), ("region", "postal_code"), "country")
"""The fields of an AddressForm, as lines of a fieldset."""

ADDRESS = ("street", "city", "region", "postal_code", "country")


class AddressForm(RecordForm):
    """An address that a document has of its own, field by field. `address` is its column."""

    address: ClassVar[str]
    street = forms.CharField(
        required=False, max_length=255, widget=widgets.UnfoldAdminTextInputWidget, label=_("Street")
    )
    city = forms.CharField(required=False, max_length=255, widget=widgets.UnfoldAdminTextInputWidget, label=_("City"))
    region = forms.CharField(
        required=False, max_length=255, widget=widgets.UnfoldAdminTextInputWidget, label=_("Region")
    )
    postal_code = forms.CharField(
        required=False, max_length=20, widget=widgets.UnfoldAdminTextInputWidget, label=_("Postal code")
    )
    country = AutocompleteField(Country.objects.all(), screen="parties.country", required=False, label=_("Country"))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.aliases = {f"{cls.address}.{name}": name for name in ADDRESS}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        address = getattr(self.instance, self.address) or {}
        shown = {
            **address,
            "region": address.get("region") or address.get("state"),
            "country": address.get("country_id"),
        }
        self.initial.update((name, shown.get(name)) for name in ADDRESS)

    def request_body(self, *, partial: bool) -> dict[str, Any]:
        body = super().request_body(partial=partial)
        address = {name: body.pop(name) or None for name in ADDRESS if name in body}
        if "region" in address and "state" in (getattr(self.instance, self.address) or {}):
            address["state"] = address["region"]
        said = address if partial else {name: value for name, value in address.items() if value}
        return {**body, self.address: said} if said else body


def one_line(address: dict[str, Any] | None) -> str:
    """Return an address in one line."""
    address = address or {}
    country = Country.objects.filter(pk=address["country_id"]).first() if address.get("country_id") else None
    parts = (address.get(name) for name in ("street", "postal_code", "city", "region", "state"))
    return ", ".join([part for part in parts if part] + ([str(country)] if country else [])) or EMPTY
