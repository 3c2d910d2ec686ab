"""Credit limits: how much a customer may owe, counting sent invoices and binding orders.

Everything that adds to it (sending an invoice, confirming an order) locks the customer exclusively, so two transactions
can't use the same credit.
"""

from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext_lazy as _

from billing.models import Order
from billing.movements import ON_ACCOUNT
from parties.services import UsableParty
from skeleton.kernel.errors import Conflict
from skeleton.kernel.text import Money, format_text

_OPEN = f"""
    SELECT greatest(0,
        coalesce((SELECT sum(total - amount_paid - amount_credited - amount_written_off) FROM billing_invoice
                  WHERE customer_id = %(customer_id)s AND status = 'sent' AND currency = %(currency)s), 0)
        + coalesce((SELECT sum(unbilled_total) FROM billing_order
                    WHERE customer_id = %(customer_id)s AND unbilled_total > 0 AND currency = %(currency)s), 0)
        - coalesce((SELECT sum(amount) FROM ({ON_ACCOUNT}) AS held
                    WHERE customer_id = %(customer_id)s AND currency = %(currency)s), 0))
"""  # noqa: S608 (constants only)


def require_credit(customer: UsableParty, order: Order) -> None:
    """Raise Conflict if the customer's limit doesn't cover the open amount plus the order.

    The caller must hold an exclusive lock on the customer. 0 means no limit. An order in another currency than the
    limit's can't be compared with it and is refused.
    """
    if customer.credit_limit == 0:
        return
    _require_currency_of_limit(customer, order)
    exposure = _open(customer, order.currency)
    if exposure + order.total > customer.credit_limit:
        limit = Money(customer.credit_limit, order.currency)
        due = Money(int(exposure), order.currency)
        raise Conflict(
            format_text(
                _("The credit limit of {limit} does not cover the order: {open} is open already."),
                limit=limit,
                open=due,
            ),
            details={"credit_limit": customer.credit_limit, "exposure": exposure, "order_total": order.total},
        )


def _require_currency_of_limit(customer: UsableParty, order: Order) -> None:
    if order.currency == customer.currency:
        return
    message = format_text(
        _("The credit limit is in {limit_currency}, the order in {order_currency}: they cannot be compared."),
        limit_currency=customer.currency,
        order_currency=order.currency,
    )
    expected = format_text(
        _("Must be {limit_currency}, the currency of the credit limit."), limit_currency=customer.currency
    )
    raise Conflict(message, details={"currency": expected})


def _open(customer: UsableParty, currency: str) -> Decimal:
    """Return the amount due on sent invoices, plus the unbilled part of binding orders, less what is on account.

    In minor units, not below 0.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {"customer_id": customer.id, "currency": currency})
        (amount,) = cursor.fetchone()
    return Decimal(amount)
