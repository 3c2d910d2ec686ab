from billing.views import InvoicePaymentView, InvoiceView
from skeleton.core.operations import routes

urlpatterns = [
    *routes("invoices", InvoiceView),
    *routes("invoices/<pk>/payments", InvoicePaymentView),
]
