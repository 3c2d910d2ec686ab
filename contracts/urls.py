from contracts.views import ContractView
from skeleton.core.operations import routes

urlpatterns = routes("contracts", ContractView)
