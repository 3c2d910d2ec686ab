"""Serializers of what a customer owes: balance and statement of account. Amounts are in minor units (cents)."""

from accounting.serializers import PlainSerializer, SignedMoneyField
from billing.movements import MovementKind
from skeleton.rest.fields import ChoiceField, CurrencyField, DateField, MoneyField, TextField, UUIDField


class CustomerBalanceSerializer(PlainSerializer):
    currency = CurrencyField()
    open = SignedMoneyField(help_text="Due on sent invoices.")
    overdue = SignedMoneyField(help_text="The part of it that is past the due date.")
    on_account = SignedMoneyField(help_text="Paid or credited, and not allocated to an invoice.")


class StatementLineSerializer(PlainSerializer):
    date = DateField()
    kind = ChoiceField([(kind.value, kind.value) for kind in MovementKind if kind != MovementKind.ALLOCATION])
    document_id = UUIDField(help_text="The invoice, payment or credit note; of a write-off, its settlement.")
    number = TextField(help_text="The document's number; of a write-off, the invoice's.")
    reference = TextField(allow_null=True)
    due_date = DateField(allow_null=True)
    debit = MoneyField()
    credit = MoneyField()
    balance = SignedMoneyField(help_text="After this line.")


class StatementInCurrencySerializer(PlainSerializer):
    currency = CurrencyField()
    opening = SignedMoneyField(help_text="The balance before the first day.")
    lines = StatementLineSerializer(many=True)
    total_debit = SignedMoneyField()
    total_credit = SignedMoneyField()
    closing = SignedMoneyField(help_text="The balance at the end of the last day: `open` less `on_account`.")
    open = SignedMoneyField(help_text="Due on invoices at the end of the last day.")
    on_account = SignedMoneyField(help_text="On account at the end of the last day.")


class StatementSerializer(PlainSerializer):
    customer_id = UUIDField()
    customer_name = TextField()
    from_date = DateField(allow_null=True)
    to_date = DateField()
    currencies = StatementInCurrencySerializer(many=True)
