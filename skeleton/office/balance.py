"""Debits and credits on forms. Their sums are shown while they are entered (`balance.html`, `balance.js`)."""

from typing import Any

from unfold import widgets

from skeleton.office.numbers import AmountField


def debit_field(**options: Any) -> AmountField:
    return _side_field("debit", **options)


def credit_field(**options: Any) -> AmountField:
    return _side_field("credit", **options)


def _side_field(side: str, **options: Any) -> AmountField:
    return AmountField(required=False, widget=widgets.UnfoldAdminTextInputWidget(attrs={"data-side": side}), **options)
