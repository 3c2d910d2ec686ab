"""Debits and credits on forms. Their sums are shown while they are entered (`balance.html`, `balance.js`)."""

from unfold import widgets

from skeleton.kernel.translation import Text
from skeleton.office.numbers import AmountField


def debit_field(label: Text) -> AmountField:
    return _side_field("debit", label)


def credit_field(label: Text) -> AmountField:
    return _side_field("credit", label)


def _side_field(side: str, label: Text) -> AmountField:
    return AmountField(
        required=False, widget=widgets.UnfoldAdminTextInputWidget(attrs={"data-side": side}), label=label
    )
