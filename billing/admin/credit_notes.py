"""The screen of credit notes. They are created on the page of their invoice, and changed by actions."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.enums import ActionVariant

from billing.admin.credit_forms import CreditNoteDraftForm
from billing.admin.drafts import (
    PDF_MENU,
    SUBTOTAL,
    TAX,
    TOTAL,
    IssuedDocumentInline,
    ReadOnlyLineInline,
    pdf_downloads,
)
from billing.admin.e_invoices import E_INVOICE_MENU, EInvoiceInline, facturx_download, xml_download
from billing.admin.emails import EmailInline, SendForm, email_action
from billing.admin.money import (
    ALLOCATED,
    REFUNDED,
    AllocateForm,
    AllocationInline,
    EntriesMixin,
    OrderLinkMixin,
    RefundForm,
    RefundInline,
    TakeBackForm,
    page_of,
    record_link,
)
from billing.choices import CreditNoteStatus
from billing.credit_note_serializers import CreditAllocateInputSerializer, CreditNoteUpdateInputSerializer
from billing.e_invoices.profiles import Profile
from billing.email_serializers import SendCreditNoteInputSerializer
from billing.models import CreditNote, CreditNoteLine, Payment
from billing.models.settlements import standing_of
from billing.payment_serializers import RefundInputSerializer, UnallocateInputSerializer
from billing.services import credit_notes, documents, emails
from billing.services.e_invoices import credit_note_of, facturx_credit_note
from billing.services.note_allocations import allocate_credit_note, refund_credit_note, unallocate_credit_note
from billing.spreadsheets import document_table
from parties.models import Customer
from skeleton.kernel.text import format_text, in_zone
from skeleton.kernel.translation import Text
from skeleton.office.actions import ActionResult, admin_action
from skeleton.office.admins import ReadOnlyRecordAdmin
from skeleton.office.columns import EMPTY, format_money_html, label, text_link
from skeleton.office.filters import CurrencyFilter, DateRangeFilter, RelatedRecordFilter
from skeleton.office.forms import ActionForm


class CreditNoteLineInline(ReadOnlyLineInline):
    model = CreditNoteLine
    document = "credit_note"
    fields = readonly_fields = (*ReadOnlyLineInline.fields, "restocked")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("restock_warehouse")

    @admin.display(description=_("Back into stock"))
    def restocked(self, line: CreditNoteLine) -> SafeString | str:
        """Return the warehouse, linked to the receipt of the goods."""
        if line.restock_warehouse is None:
            return EMPTY
        if line.restock_movement_id is None:
            return line.restock_warehouse.name
        receipt = reverse("admin:inventory_movement_change", args=[line.restock_movement_id])
        return text_link(receipt, line.restock_warehouse.name)


class CreditNoteRefundInline(RefundInline):
    fk_name = "refund_of_credit_note"


def is_draft(note: CreditNote) -> bool:
    return note.status == CreditNoteStatus.DRAFT


def settles_others(note: CreditNote) -> bool:
    """Return whether the credit note settles an invoice other than its own. What it settles of its own, it keeps."""
    return note.allocated > 0 and standing_of(credit_note=note.pk).exclude(invoice=note.invoice_id).exists()


@admin.register(CreditNote)
class CreditNoteAdmin(OrderLinkMixin, EntriesMixin, ReadOnlyRecordAdmin):
    resources = ("invoices",)
    table, export_fields = document_table(CreditNote), "__all__"
    list_display = ("number_shown", "customer_name", "state", TOTAL, "on_account", "issue_date")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        CurrencyFilter,
        ("customer", RelatedRecordFilter),
        ("invoice", RelatedRecordFilter),
        ("issue_date", DateRangeFilter),
    )
    search_fields = ("search_text",)
    search_help_text = _("Number or customer")
    record_actions = ("send", "edit", "email", "allocate", "take_back", "refund", "delete", PDF_MENU, E_INVOICE_MENU)
    SUMMARY_FIELDS: ClassVar[Any] = (
        ("customer_shown", "state"),
        ("invoice_shown", "issue_date"),
        (SUBTOTAL, TAX),
        (TOTAL, "on_account"),
        (ALLOCATED, REFUNDED),
        ("reason", "notes"),
    )
    TIME_FIELDS: ClassVar[Any] = (("created_at", "created_by"), ("sent_at",))
    readonly_fields = (*(field for row in (*SUMMARY_FIELDS, *TIME_FIELDS) for field in row), "order_shown", "entries")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("search_text", "number_key")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        times = (in_zone(_("Times ({zone})")), {"fields": self.TIME_FIELDS, "classes": ["collapse"]})
        fields = self.with_order(request, obj.invoice.order_id if obj else None, self.SUMMARY_FIELDS)
        return self.with_entries(request, ((None, {"fields": fields}), times))

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        if obj is None or obj.status == CreditNoteStatus.DRAFT:
            return (CreditNoteLineInline,)
        sent = (AllocationInline, CreditNoteRefundInline, EmailInline, IssuedDocumentInline, EInvoiceInline)
        return (CreditNoteLineInline, *sent)

    @admin.display(description=_("number"), ordering="number_key")
    def number_shown(self, note: CreditNote) -> str:
        return str(note)

    @admin.display(description=_("status"), ordering="status")
    def state(self, note: CreditNote) -> SafeString:
        return label(note.status, {CreditNoteStatus.SENT: "primary"}, text=note.get_status_display())

    @admin.display(description=_("on account"))
    def on_account(self, note: CreditNote) -> Any:
        return format_money_html(note.unallocated, note.currency)

    @admin.display(description=_("customer"), ordering="customer_name")
    def customer_shown(self, note: CreditNote) -> SafeString:
        screen: Any = self.admin_site.get_model_admin(Customer)
        return text_link(screen.change_url_by_pk(note.customer_id), note.customer_name)

    @admin.display(description=_("invoice"))
    def invoice_shown(self, note: CreditNote) -> SafeString | str:
        return record_link(note.invoice)

    @admin_action(
        pgettext_lazy("document", "Issue"),
        form=SendForm,
        shown_if=is_draft,
        icon="send",
        variant=ActionVariant.PRIMARY,
        question=_("It gets its number, settles its invoice and can no longer be changed."),
    )
    def send(self, request: HttpRequest, note: CreditNote, form: SendForm) -> Text:
        values = SendCreditNoteInputSerializer.parse(form.request_body())
        credit_notes.send_credit_note(credit_note_id=note.pk, **values, actor=self.actor(request))
        note.refresh_from_db()  # the form's record has its number now
        return form.result()

    @admin_action(pgettext_lazy("credit note", "Edit"), form=CreditNoteDraftForm, shown_if=is_draft, icon="edit")
    def edit(self, request: HttpRequest, note: CreditNote, form: CreditNoteDraftForm) -> Text:
        values = CreditNoteUpdateInputSerializer.parse(
            {"notes": None, "issue_date": None, **form.request_body()}, partial=True
        )
        credit_notes.update_credit_note(credit_note_id=note.pk, values=values, actor=self.actor(request))
        return _("The credit note is saved.")

    @admin_action(
        pgettext_lazy("payment", "Allocate"),
        form=AllocateForm,
        shown_if=lambda note: note.unallocated > 0,
        icon="join_inner",
        variant=ActionVariant.PRIMARY,
        question=_("Settles an open invoice of the customer with what is on account."),
    )
    def allocate(self, request: HttpRequest, note: CreditNote, form: AllocateForm) -> Text:
        values = CreditAllocateInputSerializer.parse(form.request_body())
        allocate_credit_note(credit_note_id=note.pk, **values, actor=self.actor(request))
        return _("The credit note is allocated.")

    @admin_action(
        pgettext_lazy("payment", "Take back"),
        form=TakeBackForm,
        shown_if=settles_others,
        icon="undo",
        question=_("Takes it back from an invoice other than its own. The amount is on account again."),
    )
    def take_back(self, request: HttpRequest, note: CreditNote, form: TakeBackForm) -> Text:
        values = UnallocateInputSerializer.parse(form.request_body())
        unallocate_credit_note(credit_note_id=note.pk, **values, actor=self.actor(request))
        return _("The amount is on account again.")

    @admin_action(
        pgettext_lazy("payment", "Refund"),
        form=RefundForm,
        shown_if=lambda note: note.unallocated > 0,
        permissions=("invoices:refund",),
        icon="currency_exchange",
        question=_("Records that you paid back what is on account. It does not move the money itself."),
    )
    def refund(self, request: HttpRequest, note: CreditNote, form: RefundForm) -> ActionResult:
        values = RefundInputSerializer.parse(form.request_body())
        refund_id: UUID = refund_credit_note(credit_note_id=note.pk, **values, actor=self.actor(request))
        refund = Payment.objects.get(pk=refund_id)
        return ActionResult(format_text(_("The refund {number} is recorded."), number=refund.number), page_of(refund))

    @admin_action(
        _("Delete"),
        shown_if=is_draft,
        icon="delete",
        variant=ActionVariant.DANGER,
        deletes_record=True,
        question=_("Deletes the draft. Nothing was credited yet."),
    )
    def delete(self, request: HttpRequest, note: CreditNote, form: ActionForm) -> Text:
        credit_notes.delete_credit_note(credit_note_id=note.pk, actor=self.actor(request))
        return _("The draft is deleted.")

    email = email_action(emails.email_credit_note, "credit_note_id", lambda note: not is_draft(note))
    pdf_en, pdf_uk, pdf_de = pdf_downloads("invoices:read", documents.credit_note_pdf, "credit_note_id")
    e_invoice_xrechnung_ubl = xml_download(Profile.XRECHNUNG_UBL, credit_note_of)
    e_invoice_xrechnung_cii = xml_download(Profile.XRECHNUNG_CII, credit_note_of)
    e_invoice_peppol = xml_download(Profile.PEPPOL, credit_note_of)
    e_invoice_facturx = facturx_download(facturx_credit_note, "credit_note_id")
