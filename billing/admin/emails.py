"""E-mail with documents in the back office: the actions of a document, and the log."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold import widgets
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from billing.admin.money import record_link
from billing.choices import EmailKind, EmailStatus, InvoiceStatus
from billing.email_serializers import EmailInputSerializer
from billing.letters import LetterText
from billing.models import DocumentEmail, Invoice
from billing.services import emails
from billing.services.reminders import next_level, remind_invoice, standard_reminder
from skeleton.kernel.errors import Conflict
from skeleton.kernel.text import format_text
from skeleton.kernel.translation import Text
from skeleton.kernel.types import Values
from skeleton.office.actions import AdminAction, admin_action
from skeleton.office.admins import ReadOnlyInline, ReadOnlyRecordAdmin
from skeleton.office.columns import EMPTY, status_column, text_link
from skeleton.office.filters import DateRangeFilter
from skeleton.office.forms import ActionForm

COLOURS: dict[str, str] = {
    EmailStatus.QUEUED: "info",
    EmailStatus.SENT: "success",
    EmailStatus.FAILED: "danger",
    EmailStatus.CANCELLED: "warning",
}
STATE = status_column("status", COLOURS)

_SEPARATORS = re.compile(r"[,;\s]+")


# --- forms ------------------------------------------------------------------------------------------------------------


def _addresses(title: Text, **options: Any) -> forms.CharField:
    return forms.CharField(
        required=False, max_length=3000, widget=widgets.UnfoldAdminTextInputWidget, label=title, **options
    )


class EmailForm(ActionForm):
    """An e-mail with the document, as it will be sent."""

    to = _addresses(pgettext_lazy("e-mail", "To"), help_text=_("Separate several addresses by commas."))
    cc = _addresses(pgettext_lazy("e-mail", "Copy to"))
    subject = forms.CharField(
        required=False, max_length=200, widget=widgets.UnfoldAdminTextInputWidget, label=_("Subject")
    )
    message = forms.CharField(
        required=False, widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 12}), label=_("Message")
    )

    def setup(self) -> None:
        text = self.standard_text()
        self.fields["to"].initial = self.record.customer.email
        if text:
            self.fields["subject"].initial, self.fields["message"].initial = text.subject, text.message

    def standard_text(self) -> LetterText | None:
        """Return the text to begin with."""
        return emails.standard_letter(self.record, self.actor)

    def request_body(self) -> Values:
        body = super().request_body()
        lists: Values = {name: _SEPARATORS.split(body[name].strip(",; ")) for name in ("to", "cc") if name in body}
        return {**body, **lists}


class ReminderForm(EmailForm):
    """The next reminder of the invoice. Where there is none, sending it says why."""

    def standard_text(self) -> LetterText | None:
        try:
            return standard_reminder(self.record, next_level(self.record), self.actor)
        except Conflict:
            return None


class SendForm(ActionForm):
    """Whether to e-mail a document that is sent."""

    email = forms.BooleanField(
        required=False, widget=widgets.UnfoldBooleanWidget, label=_("E-mail it to the customer as well")
    )

    def setup(self) -> None:
        if not settings.EMAIL_HOST:
            del self.fields["email"]

    def result(self) -> Text:
        """Return what happened to the document: only what is e-mailed was sent to somebody."""
        if not self.cleaned_data.get("email"):
            return issued_message(self.record.number)
        told = _("{number} is issued. The e-mail to the customer is on its way.")
        return format_text(told, number=self.record.number)


def issued_message(number: str) -> Text:
    return format_text(_("{number} is issued."), number=number)


# --- on the page of a document ----------------------------------------------------------------------------------------


def email_action(service: Any, argument: str, condition: Any) -> Any:
    """Return the action that e-mails a document. `service` is called with its id as the argument of this name."""

    def email(screen: Any, request: HttpRequest, document: Any, form: EmailForm) -> Text:
        values = EmailInputSerializer.parse(form.request_body())
        service(**{argument: document.pk}, values=values, actor=screen.actor(request))
        return format_text(_("The e-mail with {number} is on its way."), number=document.number)

    return admin_action(
        pgettext_lazy("verb", "E-mail"),
        form=EmailForm,
        shown_if=condition,
        icon="mail",
        question=_("The PDF is attached."),
    )(email)


class ReminderAction:
    """The action of the screen of invoices that reminds the customer."""

    actor: Any

    @admin_action(
        _("Remind"),
        form=ReminderForm,
        shown_if=lambda invoice: invoice.status == InvoiceStatus.SENT and invoice.is_overdue,
        icon="notification_important",
        question=_("Sends the next payment reminder, with the invoice attached if it was created here."),
    )
    def remind(self, request: HttpRequest, invoice: Invoice, form: ReminderForm) -> Text:
        values: Any = EmailInputSerializer.parse(form.request_body())
        remind_invoice(invoice_id=invoice.pk, values=values, actor=self.actor(request))
        return format_text(_("The reminder of {number} is on its way."), number=invoice.number)


class EmailInline(ReadOnlyInline):
    """What was sent of the document by e-mail."""

    model = DocumentEmail
    ordering = ("pk",)
    fields = readonly_fields = ("created_at", "page", "to", STATE, "error")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DocumentEmail]:
        rows: QuerySet[DocumentEmail] = super().get_queryset(request)
        return rows.defer("message", "attachments")

    @admin.display(description=_("subject"))
    def page(self, email: DocumentEmail) -> SafeString:
        return text_link(self.admin_site.get_model_admin(DocumentEmail).change_url(email), email.subject)

    @admin.display(description=_("recipients"))
    def to(self, email: DocumentEmail) -> str:
        return ", ".join((*email.recipients, *email.cc))


# --- the log ----------------------------------------------------------------------------------------------------------


@admin.register(DocumentEmail)
class DocumentEmailAdmin(ReadOnlyRecordAdmin):
    """The log of all e-mail with documents. One sees what was sent of the documents that one may see."""

    resources = ("invoices", "orders")
    export_fields = "__all__"
    list_display = ("created_at", "subject", "to", "document_shown", STATE, "error")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("created_at", DateRangeFilter),
    )
    fields = (
        ("document_shown", "kind_shown"),
        ("to", "copies"),
        ("subject", "language"),
        "text",
        (STATE, "attempts"),
        ("error", "files"),
        ("created_at", "created_by"),
        ("updated_at", "sent_at"),
    )
    readonly_fields = tuple(name for line in fields for name in ((line,) if isinstance(line, str) else line))
    record_actions = bulk_actions = ("send_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("invoice", "credit_note", "order")

    def can_run(self, request: HttpRequest, action: AdminAction, record: Any = None) -> bool:
        """A failed e-mail is sent again by whoever may write the document."""
        allowed = super().can_run(request, action, record)
        return allowed and (record is None or self.actor(request).can(f"{record.resource}:write"))

    @admin.display(description=_("document"))
    def document_shown(self, email: DocumentEmail) -> SafeString | str:
        return record_link(email.document)

    @admin.display(description=_("kind"))
    def kind_shown(self, email: DocumentEmail) -> str:
        kind = str(EmailKind(email.kind).label)
        return f"{kind} {email.level}" if email.level else kind

    @admin.display(description=_("recipients"))
    def to(self, email: DocumentEmail) -> str:
        return ", ".join(email.recipients)

    @admin.display(description=_("message"))
    def text(self, email: DocumentEmail) -> SafeString:
        return format_html('<div class="with-line-breaks">{}</div>', email.message)

    @admin.display(description=_("copies"))
    def copies(self, email: DocumentEmail) -> str:
        return ", ".join(email.cc) or EMPTY

    @admin.display(description=_("attachments"))
    def files(self, email: DocumentEmail) -> str:
        return ", ".join(file["name"] for file in email.attachments) or EMPTY

    @admin_action(
        _("Send again"),
        shown_if=lambda email: email.status == EmailStatus.FAILED,
        icon="send",
        question=_("It will be tried again at once, and at intervals if that fails."),
    )
    def send_again(self, request: HttpRequest, email: DocumentEmail, form: ActionForm) -> Text:
        emails.retry_email(email_id=email.pk, actor=self.actor(request))
        return _("The e-mail will be sent again.")
