"""Serializers of opening balances and open invoices. Money is in minor units (cents), rates in percent."""

from accounting.serializers import AccountField, PlainSerializer, TaxCodeField
from billing.payment_serializers import MAX_LINES
from skeleton.rest.fields import CurrencyField, DateField, ListField, MoneyField, NumberField, TextField, UUIDField
from skeleton.rest.serializers import InputSerializer

MAX_ROWS = 1000


class TakenOverInvoiceSerializer(PlainSerializer):
    id = UUIDField()
    number = TextField()
    customer_id = UUIDField()
    amount = MoneyField()


class OpeningSerializer(PlainSerializer):
    id = UUIDField(help_text="The `source_id` of the transactions of the balances.")
    date = DateField()
    transaction_ids = ListField(
        child=UUIDField(), max_length=MAX_ROWS, help_text="The transactions of the balances, one for each currency."
    )
    invoices = TakenOverInvoiceSerializer(many=True)


class BalanceInputSerializer(InputSerializer):
    """Exactly one of `debit` and `credit` must be greater than 0."""

    output_serializer_class = OpeningSerializer
    account_id = AccountField(
        source="account", help_text="The id or the code. Not receivables, advances, tax, revenue or expenses."
    )
    debit = MoneyField(required=False, allow_null=True)
    credit = MoneyField(required=False, allow_null=True)
    currency = CurrencyField(required=False, allow_null=True, help_text="Defaults to the company's.")


class OpenTaxInputSerializer(InputSerializer):
    output_serializer_class = OpeningSerializer
    tax_code = TaxCodeField(required=False, allow_null=True, help_text="The id or the code of a tax code.")
    tax_rate = NumberField(places=4, at_least=0, at_most=100, required=False, help_text="Percent. Without a tax code.")
    base = MoneyField()
    tax = MoneyField(help_text="May differ from `rate` percent of `base` by rounding.")


class OpenInvoiceInputSerializer(InputSerializer):
    output_serializer_class = OpeningSerializer
    customer_id = UUIDField()
    number = TextField(max_length=40, help_text="As the earlier system issued it. Unique.")
    issue_date = DateField(help_text="Not after the day of the opening balances.")
    due_date = DateField()
    amount = MoneyField(min_value=1, help_text="What is open of it, with tax.")
    currency = CurrencyField(required=False, allow_null=True, help_text="Defaults to the customer's.")
    tax = ListField(
        child=OpenTaxInputSerializer(),
        max_length=MAX_LINES,
        required=False,
        help_text="Base and tax of the amount for each tax. Corrections of them are declared. Defaults to no tax.",
    )


class OpeningInputSerializer(InputSerializer):
    """Balances, open invoices, or both."""

    output_serializer_class = OpeningSerializer
    date = DateField(
        required=False, allow_null=True, help_text="The day of all entries, not in the future. Defaults to today."
    )
    balances = ListField(child=BalanceInputSerializer(), max_length=MAX_ROWS, required=False)
    invoices = ListField(child=OpenInvoiceInputSerializer(), max_length=MAX_ROWS, required=False)
