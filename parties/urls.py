from parties.views import CountryView, CustomerView, EmployeeView, PartnerView, SupplierView
from skeleton.rest.operations import routes

urlpatterns = [
    *routes("customers", CustomerView),
    *routes("suppliers", SupplierView),
    *routes("partners", PartnerView),
    *routes("employees", EmployeeView),
    *routes("countries", CountryView),
]
