"""The screen of credit notes: read-only, sent by an action."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.enums import ActionVariant

from billing.admin.drafts import PDF_MENU, SUBTOTAL, TAX, TOTAL, ReadOnlyLineInline, pdf_downloads
from billing.choices import CreditNoteStatus
from billing.models import CreditNote, CreditNoteLine, Invoice
from billing.services import credit_notes, documents
from parties.models import Customer
from skeleton.kernel.text import format_text
from skeleton.kernel.translation import Text
from skeleton.office.actions import admin_action
from skeleton.office.admins import ReadOnlyRecordAdmin
from skeleton.office.columns import format_money_html, label, money_column
from skeleton.office.filters import CurrencyFilter, DateRangeFilter, RelatedRecordFilter
from skeleton.office.forms import ActionForm

ALLOCATED, REFUNDED = money_column("allocated", _("allocated")), money_column("refunded", _("refunded"))


class CreditNoteLineInline(ReadOnlyLineInline):
    model = CreditNoteLine
    document = "credit_note"


@admin.register(CreditNote)
class CreditNoteAdmin(ReadOnlyRecordAdmin):
    resources = ("invoices",)
    list_display = ("number", "customer_name", "state", TOTAL, "on_account", "issue_date")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        CurrencyFilter,
        ("customer", RelatedRecordFilter),
        ("invoice", RelatedRecordFilter),
        ("issue_date", DateRangeFilter),
    )
    search_fields = ("search_text__contains",)
    search_help_text = _("Number or customer")
    lowercase_search = True
    inlines = (CreditNoteLineInline,)
    record_actions = ("send", PDF_MENU)
    SUMMARY_FIELDS: ClassVar[Any] = (
        ("customer_shown", "state"),
        ("invoice_shown", "issue_date"),
        (SUBTOTAL, TAX),
        (TOTAL, "on_account"),
        (ALLOCATED, REFUNDED),
        "reason",
        "notes",
    )
    TIME_FIELDS: ClassVar[Any] = (("created_at", "created_by"), ("sent_at",))
    fieldsets = (
        (None, {"fields": SUMMARY_FIELDS}),
        (_("Times (UTC)"), {"fields": TIME_FIELDS, "classes": ["collapse"]}),
    )
    readonly_fields = tuple(
        field for row in (*SUMMARY_FIELDS, *TIME_FIELDS) for field in ([row] if isinstance(row, str) else row)
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("search_text", "number_key", "seller", "buyer")

    @admin.display(description=_("status"), ordering="status")
    def state(self, note: CreditNote) -> SafeString:
        return label(note.status, {CreditNoteStatus.SENT: "primary"}, text=note.get_status_display())

    @admin.display(description=_("on account"))
    def on_account(self, note: CreditNote) -> Any:
        return format_money_html(note.unallocated, note.currency)

    @admin.display(description=_("customer"), ordering="customer_name")
    def customer_shown(self, note: CreditNote) -> Any:
        return self._link(Customer, note.customer_id, note.customer_name)

    @admin.display(description=_("invoice"))
    def invoice_shown(self, note: CreditNote) -> Any:
        return self._link(Invoice, note.invoice_id, note.invoice.number)

    def _link(self, model: Any, pk: Any, text: str) -> Any:
        screen: Any = self.admin_site.get_model_admin(model)
        return format_html('<a class="text-link" href="{}">{}</a>', screen.change_url_by_pk(pk), text)

    @admin_action(
        _("Send"),
        condition=lambda note: note.status == CreditNoteStatus.DRAFT,
        icon="send",
        variant=ActionVariant.PRIMARY,
        question=_("It gets its number, settles its invoice and can no longer be changed."),
    )
    def send(self, request: HttpRequest, note: CreditNote, form: ActionForm) -> Text:
        credit_notes.send_credit_note(credit_note_id=note.pk, actor=self.actor(request))
        note.refresh_from_db()
        return format_text(_("{number} is sent."), number=note.number)

    pdf_en, pdf_uk, pdf_de = pdf_downloads("invoices:read", documents.credit_note_pdf, "credit_note_id")
