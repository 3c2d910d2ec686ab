"""Serializers of contracts: flat input, nested output. Money is in minor units (cents), rates in percent."""

from typing import ClassVar

from contracts.choices import Action, ContractStatus, ContractType, DeliveryType, PaymentType
from contracts.models import DAYS_MAX, MONTHS_MAX
from contracts.queries import versions_of_one
from contracts.state_machine import USER_ACTIONS, ContractState, allowed_actions, days_remaining
from skeleton.rest.computed_fields import Children, FromColumns
from skeleton.rest.fields import (
    BooleanField,
    ChoiceField,
    CurrencyField,
    DateField,
    DateTimeField,
    IntegerField,
    ListField,
    MoneyField,
    NumberField,
    TextField,
    UUIDField,
)
from skeleton.rest.serializers import InputSerializer, Serializer

LONG_TEXT = 10_000


def _allowed(*of_contract: object) -> list[str]:
    return allowed_actions(ContractState(*of_contract))  # type: ignore[arg-type]


# --- out --------------------------------------------------------------------------------------------------------------


class PaymentTermsSerializer(Serializer):
    payment_type = ChoiceField(PaymentType.choices)
    credit_days = IntegerField(allow_null=True)
    penalty_rate = NumberField(places=4, allow_null=True, help_text="Percent.")
    discount_rate = NumberField(places=4, allow_null=True, help_text="Percent.")
    currency = CurrencyField()


class DeliveryTermsSerializer(Serializer):
    delivery_type = ChoiceField(DeliveryType.choices)
    estimated_days = IntegerField(allow_null=True)
    shipping_cost = MoneyField(allow_null=True)
    insurance = BooleanField()
    shipping_currency = CurrencyField(
        allow_null=True, help_text="The currency of shipping_cost. Null means the contract's currency."
    )


class ValiditySerializer(Serializer):
    """The validity period. Both days are included."""

    start_date = DateField()
    end_date = DateField(allow_null=True, help_text="Null means that the contract doesn't expire.")


class VersionSerializer(Serializer):
    """The terms of a contract between one change and the next."""

    version = IntegerField()
    changed_at = DateTimeField()
    changed_by = UUIDField(source="changed_by_id", allow_null=True, help_text="Null means the system.")
    payment_terms = PaymentTermsSerializer(source="*")
    delivery_terms = DeliveryTermsSerializer(source="*")
    validity_period = ValiditySerializer(source="*")
    credit_limit = MoneyField()


class ContractRowSerializer(Serializer):
    """A contract in a list."""

    id = UUIDField()
    contract_type = ChoiceField(ContractType.choices)
    status = ChoiceField(ContractStatus.choices)
    party_id = UUIDField()
    payment_terms = PaymentTermsSerializer(source="*")
    delivery_terms = DeliveryTermsSerializer(source="*")
    validity_period = ValiditySerializer(source="*")
    credit_limit = MoneyField(help_text="Minor units of `currency`. 0 means no limit.")
    currency = CurrencyField()
    auto_renewal = BooleanField()
    renewal_period_months = IntegerField(allow_null=True)
    renewal_period_days = IntegerField(allow_null=True)
    renewal_count = IntegerField()
    max_renewals = IntegerField(help_text="0 means no limit.")
    notice_days = IntegerField(allow_null=True, help_text="The notice period.")
    version = IntegerField(help_text="Stays 1 until the first change after activation.")
    notes = TextField(allow_null=True, max_length=LONG_TEXT)
    rejection_reason = TextField(
        allow_null=True, max_length=LONG_TEXT, help_text="Why the contract was returned to draft."
    )
    termination_reason = TextField(allow_null=True, max_length=LONG_TEXT)
    terminates_on = DateField(
        allow_null=True, help_text="The first day on which a contract that was given notice is no longer in force."
    )
    terminated_at = DateTimeField(allow_null=True)
    created_by = UUIDField(source="created_by_id", allow_null=True)
    created_at = DateTimeField()
    updated_at = DateTimeField()
    signed_at = DateTimeField(allow_null=True)


class ContractSerializer(ContractRowSerializer):
    """A contract with its allowed actions and its versions, oldest first."""

    days_remaining = FromColumns(
        IntegerField(
            allow_null=True,
            help_text="Days from today until the last day, also of a contract that was given notice. 0 on the last "
            "day, after it, and when terminated. Null without a last day.",
        ),
        "status",
        "end_date",
        "terminates_on",
        "today",
        compute=days_remaining,
    )
    allowed_actions = FromColumns(
        ListField(child=ChoiceField([(action.value, action.label) for action in USER_ACTIONS]), max_length=len(Action)),
        "status",
        "end_date",
        "renewal_count",
        "max_renewals",
        "today",
        compute=_allowed,
    )
    versions = Children(VersionSerializer, versions_of_one())


class CreatedSerializer(Serializer):
    id = UUIDField()


# --- in ---------------------------------------------------------------------------------------------------------------


class PaymentTermsInputSerializer(InputSerializer):
    output_serializer_class: ClassVar[type[Serializer] | None] = PaymentTermsSerializer
    payment_type = ChoiceField(PaymentType.choices)
    credit_days = IntegerField(
        min_value=0, max_value=DAYS_MAX, required=False, allow_null=True, help_text="Required for credit, and above 0."
    )
    penalty_rate = NumberField(places=4, at_least=0, at_most=100, required=False, allow_null=True, help_text="Percent.")
    discount_rate = NumberField(
        places=4, at_least=0, at_most=100, required=False, allow_null=True, help_text="Percent."
    )
    currency = CurrencyField()


class DeliveryTermsInputSerializer(InputSerializer):
    output_serializer_class: ClassVar[type[Serializer] | None] = DeliveryTermsSerializer
    delivery_type = ChoiceField(DeliveryType.choices)
    estimated_days = IntegerField(min_value=0, max_value=DAYS_MAX, required=False, allow_null=True)
    shipping_cost = MoneyField(required=False, allow_null=True)
    shipping_currency = CurrencyField(required=False, allow_null=True)
    insurance = BooleanField(required=False, allow_null=True, help_text="Null means false.")


class ContractInputSerializer(PaymentTermsInputSerializer, DeliveryTermsInputSerializer):
    """A new contract, or the fields of a draft to change."""

    output_serializer_class = ContractSerializer
    contract_type = ChoiceField(ContractType.choices)
    party_id = UUIDField(help_text="Any active party.")
    start_date = DateField()
    end_date = DateField(
        allow_null=True, help_text="The last day, inclusive. Null means that the contract doesn't expire."
    )
    credit_limit = MoneyField(required=False, allow_null=True, help_text="Minor units. 0 or null means no limit.")
    auto_renewal = BooleanField(required=False, allow_null=True, help_text="Null means false.")
    renewal_period_months = IntegerField(
        min_value=1,
        max_value=MONTHS_MAX,
        required=False,
        allow_null=True,
        help_text="The period counts from the original last day: the last day of a month stays the last day. This or "
        "renewal_period_days is required for auto_renewal.",
    )
    renewal_period_days = IntegerField(
        min_value=1, max_value=DAYS_MAX, required=False, allow_null=True, help_text="Instead of renewal_period_months."
    )
    max_renewals = IntegerField(
        min_value=0, max_value=DAYS_MAX, required=False, allow_null=True, help_text="0 or null means no limit."
    )
    notice_days = IntegerField(
        min_value=0,
        max_value=DAYS_MAX,
        required=False,
        allow_null=True,
        help_text="The notice period that the effective_date of a termination must observe.",
    )
    notes = TextField(max_length=LONG_TEXT, required=False, allow_null=True)


class RejectInputSerializer(InputSerializer):
    reason = TextField(max_length=LONG_TEXT)


class ActivateInputSerializer(InputSerializer):
    signed_at = DateTimeField(required=False, allow_null=True, help_text="Defaults to now. At most 5 minutes ahead.")


class TerminateInputSerializer(InputSerializer):
    reason = TextField(max_length=LONG_TEXT)
    effective_date = DateField(
        required=False,
        allow_null=True,
        help_text="The first day on which the contract is no longer in force. Until a later day, an active contract "
        "stays active. Null means now.",
    )


class RenewInputSerializer(InputSerializer):
    new_end_date = DateField(help_text="After the current last day, and not in the past.")
