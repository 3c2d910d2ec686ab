from accounting.views import AccountView, PeriodView, TransactionView
from skeleton.core.operations import routes

urlpatterns = [
    *routes("accounts", AccountView),
    *routes("transactions", TransactionView),
    *routes("accounting/periods", PeriodView),
]
