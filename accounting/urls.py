from accounting.views.books import AccountView, PeriodView, TransactionView
from accounting.views.reports import LedgerView, ReportView
from skeleton.rest.operations import routes

urlpatterns = [
    *routes("accounts", AccountView),
    *routes("transactions", TransactionView),
    *routes("accounts", LedgerView),
    *routes("accounting/periods", PeriodView),
    *routes("reports", ReportView),
]
