from billing.views import AgingView, InvoicePaymentView, InvoiceView, OrderView
from skeleton.rest.operations import routes

urlpatterns = [
    *routes("orders", OrderView),
    *routes("invoices", InvoiceView),
    *routes("invoices/<pk>/payments", InvoicePaymentView),
    *routes("reports/receivables-aging", AgingView),
]
