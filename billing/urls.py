from billing.views import AgingView, InvoicePaymentView, InvoiceView
from skeleton.core.operations import routes

urlpatterns = [
    *routes("invoices", InvoiceView),
    *routes("invoices/<pk>/payments", InvoicePaymentView),
    *routes("reports/receivables-aging", AgingView),
]
