from accounting.views.books import AccountViewSet, PeriodViewSet, TransactionViewSet
from accounting.views.reports import LedgerViewSet, ReportViewSet
from accounting.views.tax_codes import TaxCodeViewSet
from accounting.views.years import YearViewSet
from skeleton.rest.routing import ApiRouter

router = ApiRouter()
router.register("accounts", AccountViewSet)
router.register("transactions", TransactionViewSet)
router.register("accounts", LedgerViewSet)
router.register("tax-codes", TaxCodeViewSet)
router.register("accounting/periods", PeriodViewSet)
router.register("accounting/years", YearViewSet)
router.register("reports", ReportViewSet)

urlpatterns = router.urls
