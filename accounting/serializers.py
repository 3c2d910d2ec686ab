"""Serializers of accounting. Amounts are in minor units (cents)."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.fields import empty

from accounting.choices import AccountType, EntryKind, PeriodStatus, SourceType, YearStatus
from accounting.queries import balances_of_account, lines_of_entry
from skeleton.kernel.ids import parse_uuid
from skeleton.rest.computed_fields import Children
from skeleton.rest.fields import (
    BooleanField,
    ChoiceField,
    CurrencyField,
    DateField,
    DateTimeField,
    IntegerField,
    ListField,
    MoneyField,
    TextField,
    UUIDField,
    mark_stateless,
)
from skeleton.rest.serializers import InputSerializer, Serializer

MOST_LINES = 1000


@mark_stateless
class AccountField(TextField):
    """An account, given by id or code. Returns a UUID or the code."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "The account's id or its code.")
        super().__init__(max_length=36, **kwargs)

    def run_validation(self, data: Any = empty) -> UUID | str | None:
        text = super().run_validation(data)
        return parse_uuid(text) or text


@mark_stateless
class TaxCodeField(TextField):
    """A tax code, given by id or code. Returns a UUID or the code in upper case."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "The tax code, or its id. The rate is the code's.")
        super().__init__(max_length=36, **kwargs)

    def run_validation(self, data: Any = empty) -> UUID | str | None:
        text = super().run_validation(data)
        return text and (parse_uuid(text) or text.upper())


@mark_stateless
class CodeField(TextField):
    """The code of an account: letters, digits, dots and hyphens."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)


class SignedMoneyField(serializers.IntegerField):
    """An amount in minor units that may be negative."""


class BalanceSerializer(Serializer):
    currency = CurrencyField()
    balance = SignedMoneyField()


class AccountSerializer(Serializer):
    id = UUIDField()
    code = CodeField()
    name = TextField()
    type = ChoiceField(choices=AccountType.choices)
    parent_id = UUIDField(allow_null=True)
    currency = CurrencyField(allow_null=True, help_text="The only currency that the account accepts. Null means any.")
    is_active = BooleanField()
    balance = SignedMoneyField(
        help_text="In the account's currency, else in the default one. Positive on the normal side of the account type."
    )
    balance_with_children = SignedMoneyField(
        help_text="The balance with those of all accounts below it, in the same currency."
    )
    balances = Children(BalanceSerializer, balances_of_account())
    created_at = DateTimeField()
    updated_at = DateTimeField()


class AccountUpdateInputSerializer(InputSerializer):
    output_serializer_class = AccountSerializer
    name = TextField()
    type = ChoiceField(choices=AccountType.choices)
    parent_id = AccountField(
        source="parent",
        required=False,
        allow_null=True,
        help_text="The id or the code of an account of the same type, without postings of its own.",
    )
    currency = CurrencyField(required=False, allow_null=True)
    is_active = BooleanField(required=False)


class AccountInputSerializer(AccountUpdateInputSerializer):
    code = CodeField()


class TransactionLineSerializer(Serializer):
    id = UUIDField()
    account_id = UUIDField()
    account_code = CodeField(source="account.code")
    account_name = TextField(source="account.name")
    debit = MoneyField()
    credit = MoneyField()
    currency = CurrencyField()
    description = TextField(allow_null=True)
    party_id = UUIDField(allow_null=True, help_text="The party that a line recorded by hand concerns.")


class TransactionLineInputSerializer(InputSerializer):
    """Exactly one of `debit` and `credit` must be greater than 0.

    Invoices, payments and credit notes post to the accounts of receivables, customer advances and tax. A line by hand
    on one of them needs `override`, and on the first two the `party_id` of the customer.
    """

    output_serializer_class = TransactionLineSerializer
    account_id = AccountField(source="account")
    debit = MoneyField(required=False, allow_null=True)
    credit = MoneyField(required=False, allow_null=True)
    currency = CurrencyField(required=False, allow_null=True)
    description = TextField(max_length=500, required=False, allow_null=True)
    party_id = UUIDField(source="party", required=False, allow_null=True)
    override = BooleanField(required=False, help_text="Post to an account to which documents post.")


class TransactionSerializer(Serializer):
    id = UUIDField()
    date = DateField()
    kind = ChoiceField(
        choices=EntryKind.choices,
        help_text="`closing` and `opening`: made by the closing of a year, or by taking over opening balances.",
    )
    description = TextField()
    reference = TextField(allow_null=True)
    source_type = ChoiceField(choices=SourceType.choices)
    source_id = UUIDField(allow_null=True, help_text="The document that the transaction belongs to.")
    purpose = TextField(allow_blank=True, help_text="The reason for which the document was posted.")
    reverses_id = UUIDField(allow_null=True)
    reversed_by_id = UUIDField(allow_null=True)
    lines = Children(TransactionLineSerializer, lines_of_entry())
    created_by = UUIDField(source="created_by_id", allow_null=True)
    created_at = DateTimeField()


class TransactionInputSerializer(InputSerializer):
    """`date` defaults to today and can be at most a year ahead.

    The currency of a line defaults to the transaction's, else to the installation's.
    """

    output_serializer_class = TransactionSerializer
    date = DateField(required=False, allow_null=True)
    description = TextField(max_length=500)
    reference = TextField(max_length=100, required=False, allow_null=True)
    currency = CurrencyField(required=False, allow_null=True)
    lines = ListField(child=TransactionLineInputSerializer(), min_length=2, max_length=MOST_LINES)


class ReverseInputSerializer(InputSerializer):
    output_serializer_class = TransactionSerializer
    date = DateField(required=False, allow_null=True)
    description = TextField(max_length=500, required=False, allow_null=True)
    reference = TextField(max_length=100, required=False, allow_null=True)


class PeriodSerializer(Serializer):
    id = UUIDField()
    start_date = DateField()
    end_date = DateField()
    status = ChoiceField(choices=PeriodStatus.choices)
    closed_at = DateTimeField(allow_null=True)
    closed_by = UUIDField(source="closed_by_id", allow_null=True)


class PeriodInputSerializer(InputSerializer):
    output_serializer_class = PeriodSerializer
    start_date = DateField()
    end_date = DateField()


class LedgerLineSerializer(Serializer):
    id = UUIDField()
    transaction_id = UUIDField(source="entry_id")
    date = DateField()
    description = TextField(source="entry.description")
    line_description = TextField(source="description", allow_null=True)
    reference = TextField(source="entry.reference", allow_null=True)
    source_type = ChoiceField(source="entry.source_type", choices=SourceType.choices)
    source_id = UUIDField(source="entry.source_id", allow_null=True)
    debit = MoneyField()
    credit = MoneyField()
    currency = CurrencyField()


class LedgerSerializer(LedgerLineSerializer):
    balance = SignedMoneyField(
        help_text="The balance in this currency after this line. Positive on the account's normal side."
    )


class PlainSerializer(serializers.Serializer[Any]):
    """Base class for computed results. No row mapper is compiled for it."""


class ReportedAccountSerializer(PlainSerializer):
    account_id = UUIDField()
    code = CodeField()
    name = TextField()


class SidesSerializer(PlainSerializer):
    debit = SignedMoneyField()
    credit = SignedMoneyField()


class SideSerializer(ReportedAccountSerializer):
    type = ChoiceField(choices=AccountType.choices)
    debit = SignedMoneyField()
    credit = SignedMoneyField()
    opening = SidesSerializer(help_text="The balance before the period, or before the fiscal year of `as_of`.")
    movement = SidesSerializer(help_text="The debits and credits since then.")
    closing = SidesSerializer(help_text="The balance at the end.")


class SectionSerializer(ReportedAccountSerializer):
    account_id = UUIDField(allow_null=True, help_text="Null if there is no account of retained earnings.")
    balance = SignedMoneyField()


class ReportSerializer(PlainSerializer):
    as_of = DateField(allow_null=True)
    from_date = DateField(allow_null=True)
    to_date = DateField(allow_null=True)


class TrialBalanceInCurrencySerializer(PlainSerializer):
    currency = CurrencyField()
    accounts = SideSerializer(many=True)
    total_debit = SignedMoneyField()
    total_credit = SignedMoneyField()
    total_opening = SidesSerializer()
    total_movement = SidesSerializer()
    total_closing = SidesSerializer()


class TrialBalanceSerializer(ReportSerializer):
    currencies = TrialBalanceInCurrencySerializer(many=True)


class BalanceSheetInCurrencySerializer(PlainSerializer):
    currency = CurrencyField()
    assets = SectionSerializer(many=True)
    total_assets = SignedMoneyField()
    liabilities = SectionSerializer(many=True)
    total_liabilities = SignedMoneyField()
    equity = SectionSerializer(many=True)
    retained_earnings = SignedMoneyField(
        help_text="The part of equity that consists of earlier results, whether their years are closed or not."
    )
    net_income = SignedMoneyField(help_text="The result of the fiscal year until `as_of`, or of the period.")
    total_equity = SignedMoneyField(help_text="Includes the net income.")
    total_liabilities_and_equity = SignedMoneyField()


class BalanceSheetSerializer(ReportSerializer):
    currencies = BalanceSheetInCurrencySerializer(many=True)


class IncomeStatementInCurrencySerializer(PlainSerializer):
    currency = CurrencyField()
    revenue = SectionSerializer(many=True)
    total_revenue = SignedMoneyField()
    expenses = SectionSerializer(many=True)
    total_expenses = SignedMoneyField()
    net_income = SignedMoneyField()


class IncomeStatementSerializer(ReportSerializer):
    currencies = IncomeStatementInCurrencySerializer(many=True)


class YearResultSerializer(PlainSerializer):
    currency = CurrencyField()
    net_income = SignedMoneyField()


class YearSerializer(PlainSerializer):
    """A fiscal year, named after the calendar year in which it begins."""

    year = serializers.IntegerField()
    start_date = DateField()
    end_date = DateField()
    status = ChoiceField(choices=YearStatus.choices)
    closed_at = DateTimeField(allow_null=True)
    closed_by = UUIDField(allow_null=True)
    results = YearResultSerializer(many=True, help_text="Revenue less expenses, without the closing.")
    transaction_ids = serializers.ListField(
        child=UUIDField(), help_text="The entries of the closing, one for each currency."
    )


class YearInputSerializer(InputSerializer):
    """The year to close, for the form of the back office."""

    output_serializer_class = YearSerializer
    year = IntegerField()
