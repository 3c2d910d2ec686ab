from contracts.views import ContractView
from skeleton.rest.operations import routes

urlpatterns = routes("contracts", ContractView)
