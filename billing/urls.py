from billing.credit_note_views import CreditNoteViewSet, InvoiceCreditNoteViewSet
from billing.customer_views import CustomerAccountViewSet
from billing.email_views import CreditNoteEmailViewSet, InvoiceEmailViewSet, OrderEmailViewSet
from billing.opening_views import OpeningViewSet
from billing.payment_views import InvoicePaymentViewSet, PaymentViewSet
from billing.vat_views import VatReportViewSet
from billing.views import AgingViewSet, InvoiceViewSet, OrderViewSet
from skeleton.rest.routing import ApiRouter

router = ApiRouter()
router.register("orders", OrderViewSet)
router.register("orders/<pk>/emails", OrderEmailViewSet)
router.register("invoices", InvoiceViewSet)
router.register("invoices/<pk>/payments", InvoicePaymentViewSet)
router.register("invoices/<pk>/emails", InvoiceEmailViewSet)
router.register("payments", PaymentViewSet)
router.register("invoices/<pk>/credit-notes", InvoiceCreditNoteViewSet)
router.register("credit-notes", CreditNoteViewSet)
router.register("credit-notes/<pk>/emails", CreditNoteEmailViewSet)
router.register("reports", AgingViewSet)
router.register("reports", VatReportViewSet)
router.register("accounting", OpeningViewSet)
router.register("customers", CustomerAccountViewSet)

urlpatterns = router.urls
