"""The texts of e-mail with documents, in the language of the document. Senders may change them before they are sent."""

from dataclasses import dataclass

from django.utils.translation import gettext, override

from billing.models import CreditNote, Invoice, Order
from billing.state_machine import COMMITTED
from skeleton.kernel.text import format_date, format_money
from skeleton.notifications.texts import one_line


@dataclass(frozen=True, slots=True)
class LetterText:
    """What an e-mail says, and in which language."""

    subject: str
    message: str
    language: str


def document_letter(document: Invoice | CreditNote | Order, *, seller: str, language: str) -> LetterText:
    """Return the text that comes with a document. `seller` is the sender's name."""
    with override(language):
        if isinstance(document, Invoice):
            subject = gettext("Invoice {number} from {seller}")
            body = [gettext("Please find attached invoice {number} of {day} for {total}."), *_please_pay(document)]
        elif isinstance(document, CreditNote):
            subject = gettext("Credit note {number} from {seller}")
            body = [gettext("Please find attached credit note {number} of {day} for {total}, for invoice {invoice}.")]
        elif document.status in COMMITTED:
            subject = gettext("Confirmation of order {number} from {seller}")
            body = [gettext("Thank you for your order {number}. Its confirmation for {total} is attached.")]
        else:
            subject = gettext("Order {number} from {seller}")
            body = [gettext("Please find attached order {number} for {total}.")]
        return _written(subject, body, _values(document, seller, language), language)


def reminder_letter(invoice: Invoice, level: int, levels: int, *, seller: str, language: str) -> LetterText:
    """Return the text of the reminder of this level. The last of several `levels` says that it is the last one."""
    with override(language):
        if level == 1:
            subject = gettext("Payment reminder for invoice {number}")
            body = [
                gettext("Invoice {number} of {day} for {total} was due on {due_date}. {due} has not been paid yet."),
                gettext("Perhaps it escaped your attention. Please transfer the amount in the next few days."),
            ]
        elif level < levels:
            subject = gettext("Another payment reminder for invoice {number}")
            body = [
                gettext("We have not received {due} for invoice {number} of {day} yet, which was due on {due_date}."),
                gettext("Please transfer the amount within seven days."),
            ]
        else:
            subject = gettext("Final payment reminder for invoice {number}")
            body = [
                gettext("Despite our reminders, {due} of invoice {number} of {day}, due on {due_date}, is unpaid."),
                gettext(
                    "This is our final reminder. If the amount does not arrive within seven days, we will have to take "
                    "further steps."
                ),
            ]
        body.append(gettext("If you have paid in the meantime, please disregard this message."))
        return _written(subject, body, _values(invoice, seller, language), language)


def _please_pay(invoice: Invoice) -> list[str]:
    if not invoice.amount_due:
        return []
    return [gettext("Please pay {due} by {due_date}. The invoice says how, and what to put as the reference.")]


def _written(subject: str, body: list[str], values: dict[str, str], language: str) -> LetterText:
    paragraphs = "\n\n".join(paragraph.format(**values) for paragraph in body)
    frame = gettext("Hello,\n\n{body}\n\nKind regards\n{seller}")
    return LetterText(one_line(subject.format(**values)), frame.format(**{**values, "body": paragraphs}), language)


def _values(document: Invoice | CreditNote | Order, seller: str, language: str) -> dict[str, str]:
    """Return what the texts mention, in the notation of the language."""
    values = {
        "number": str(document.number),
        "seller": seller,
        "total": format_money(document.total, document.currency, language),
    }
    if isinstance(document, Order):
        return values
    values["day"] = format_date(document.issue_date, language)
    if isinstance(document, CreditNote):
        return {**values, "invoice": document.invoice.number}
    due = format_money(document.amount_due, document.currency, language)
    return {**values, "due": due, "due_date": format_date(document.due_date, language)}
